// Java's regular expressions in JavaScript. Configs that come from Kafka hold Java patterns; what means the same here is
// carried over or rewritten, and what JavaScript cannot say is refused by name, never silently read as something else.
import { ConfigError } from '../errors.ts';

/** Java's POSIX and java.lang.Character classes that have a counterpart (ASCII, as in Java without UNICODE_CHARACTER_CLASS). */
const CLASSES: Readonly<Record<string, string>> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\x00-\\x7f',
  Alpha: 'a-zA-Z',
  Digit: '0-9',
  Alnum: 'a-zA-Z0-9',
  Punct: '!-\\/:-@\\[-`{-~',
  Graph: '!-~',
  Print: ' -~',
  Blank: ' \\t',
  Cntrl: '\\x00-\\x1f\\x7f',
  XDigit: '0-9a-fA-F',
  Space: ' \\t\\n\\x0b\\f\\r',
};

/** Flags that both languages write as letters; Java's `x`, `d`, `u`, `U` have no counterpart here. */
const INLINE_FLAGS = /^\(\?([ims]+)\)/;

/**
 * A JavaScript regular expression with the meaning of a Java pattern. Named groups, look-ahead and look-behind, `\Q…\E`,
 * `\p{Alpha}`, `\A`, `\z`, `\h`, and flags at the start (`(?i)…`) are understood.
 *
 * @throws ConfigError for possessive quantifiers, atomic groups, class intersections and unions, flags in the middle,
 *   and whatever else is not valid
 */
export function javaRegex(pattern: string): RegExp {
  const flags = INLINE_FLAGS.exec(pattern);
  const source = new PatternRewriter(pattern.slice(flags?.[0].length ?? 0)).rewrite();
  try {
    return new RegExp(source, `v${[...new Set(flags?.[1])].join('')}`);
  } catch (error) {
    throw new ConfigError(`${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Whether the whole text matches, as Java's `matches()` asks. */
export function matchesWhole(regex: RegExp, text: string): boolean {
  return wholeMatcher(regex).test(text);
}

/** The same expression, anchored at both ends. */
export function wholeMatcher(regex: RegExp): RegExp {
  return new RegExp(`^(?:${regex.source})$`, regex.flags.replace('m', ''));
}

/**
 * Puts Java's replacement text together: `$1`, `${name}`, `\$` for a dollar.
 *
 * @throws ConfigError for a group that the expression does not have
 */
export function expandReplacement(replacement: string, match: RegExpExecArray): string {
  let expanded = '';
  for (let at = 0; at < replacement.length; at++) {
    const character = replacement[at];
    if (character === '\\') {
      if (++at === replacement.length) throw new ConfigError('character to be escaped is missing');
      expanded += replacement[at];
    } else if (character === '$') {
      const group = groupReference(replacement.slice(at), match);
      expanded += group.text;
      at += group.length - 1;
    } else expanded += character;
  }
  return expanded;
}

function groupReference(
  reference: string,
  match: RegExpExecArray,
): { text: string; length: number } {
  const named = /^\$\{([a-zA-Z][a-zA-Z0-9]*)\}/.exec(reference);
  if (named !== null) {
    const name = named[1] ?? '';
    if (!Object.hasOwn(match.groups ?? {}, name))
      throw new ConfigError(`No group with name {${name}}`);
    return { text: match.groups?.[name] ?? '', length: named[0].length };
  }
  // The longest number for which there is a group: $10 is group 1 and a zero where there are fewer than ten.
  let digits = /^\$(\d+)/.exec(reference)?.[1] ?? '';
  if (digits === '') throw new ConfigError('Illegal group reference');
  while (digits.length > 1 && Number(digits) >= match.length) digits = digits.slice(0, -1);
  if (Number(digits) >= match.length) throw new ConfigError(`No group ${digits}`);
  return { text: match[Number(digits)] ?? '', length: digits.length + 1 };
}

/** One pass over the pattern; inside and outside of classes other characters are special. */
class PatternRewriter {
  readonly #pattern: string;
  #at = 0;
  #classDepth = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  rewrite(): string {
    let source = '';
    while (this.#at < this.#pattern.length) source += this.#next();
    return source;
  }

  #next(): string {
    const character = this.#pattern[this.#at++] ?? '';
    if (character === '\\') return this.#escape();
    return this.#classDepth > 0 ? this.#inClass(character) : this.#outsideClass(character);
  }

  #outsideClass(character: string): string {
    if (character === '[') {
      this.#classDepth = 1;
      return character + this.#classStart();
    }
    if (character === '(' && this.#pattern[this.#at] === '?') this.#checkGroup();
    if ('*+?}'.includes(character) && this.#pattern[this.#at] === '+')
      throw this.#refused('possessive quantifiers (like a++)');
    if (character === '{' && !/^\d+(,\d*)?\}/.test(this.#rest())) return '\\{';
    return character === '}' && !this.#closesQuantifier() ? '\\}' : character;
  }

  /** After `[`: a negation, and a bracket that Java takes for itself in first place. */
  #classStart(): string {
    const start = this.#rest().startsWith('^') ? '^' : '';
    this.#at += start.length;
    return start;
  }

  #inClass(character: string): string {
    if (character === ']') this.#classDepth--;
    else if (character === '[')
      throw this.#refused('unions of character classes (like [a-c[x-z]])');
    else if (character === '&' && this.#pattern[this.#at] === '&')
      throw this.#refused('intersections of character classes (like [a-z&&[^m]])');
    // With the flag v these would be operators or errors; in Java they are themselves.
    else if ('(){}/|&!#$%*+,.:;<=>?@`~'.includes(character)) return safeInClass(character);
    return character;
  }

  #checkGroup(): void {
    const group = this.#rest();
    if (group.startsWith('?>')) throw this.#refused('atomic groups (like (?>a))');
    if (!/^\?(:|=|!|<=|<!|<[a-zA-Z])/.test(group))
      throw this.#refused('flags anywhere but at the start');
  }

  #escape(): string {
    const character = this.#pattern[this.#at++] ?? '';
    switch (character) {
      case 'Q':
        return this.#quoted();
      case 'p':
      case 'P':
        return this.#property(character === 'P');
      case 'A':
        return '(?<![^])';
      case 'z':
        return '(?![^])';
      case 'Z':
        return '(?=\\n?(?![^]))';
      case 'h':
        return this.#classOf('\\x20\\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000');
      case 's':
        return this.#classOf(CLASSES['Space'] ?? '');
      case 'S':
        return this.#classOf(CLASSES['Space'] ?? '', true);
      case 'e':
        return '\\x1b';
      case 'a':
        return '\\x07';
      case 'G':
      case 'R':
      case 'X':
      case 'N':
      case 'H':
      case 'V':
      case 'v':
        throw this.#refused(`\\${character}`);
      default:
        return keptEscape(character);
    }
  }

  #quoted(): string {
    const end = this.#pattern.indexOf('\\E', this.#at);
    const text = end < 0 ? this.#rest() : this.#pattern.slice(this.#at, end);
    this.#at += text.length + (end < 0 ? 0 : 2);
    return text.replace(/[\\^$.*+?()[\]{}|/\-&!#%,:;<=>@`~]/g, safeInClass);
  }

  #property(isNegated: boolean): string {
    const name = /^\{(?:Is|java)?([\w=]+)\}|^([A-Z])/.exec(this.#rest());
    if (name === null) throw this.#refused('this property class');
    this.#at += name[0].length;
    const word = name[1] ?? name[2] ?? '';
    const ascii = CLASSES[word];
    if (ascii !== undefined) return this.#classOf(ascii, isNegated);
    return `\\${isNegated ? 'P' : 'p'}{${word}}`;
  }

  #classOf(members: string, isNegated = false): string {
    return `[${isNegated ? '^' : ''}${members}]`;
  }

  #closesQuantifier(): boolean {
    return /\{\d+(,\d*)?\}$/.test(this.#pattern.slice(0, this.#at));
  }

  #rest(): string {
    return this.#pattern.slice(this.#at);
  }

  #refused(what: string): ConfigError {
    return new ConfigError(
      `JavaScript's regular expressions have no ${what} as Java's have, near index ${this.#at - 1} of ${this.#pattern}`,
    );
  }
}

/** Digits, letters with a meaning in both languages, and syntax stay escaped; other escapes are needless. */
function keptEscape(character: string): string {
  if (/[dDwWbBnrtf0-9xukc^$\\.*+?()[\]{}|/-]/.test(character)) return `\\${character}`;
  if (/[a-zA-Z]/.test(character))
    throw new ConfigError(`Illegal/unsupported escape sequence \\${character}`);
  return safeInClass(character);
}

/** By its code, which is nothing but the character wherever it stands. */
function safeInClass(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
