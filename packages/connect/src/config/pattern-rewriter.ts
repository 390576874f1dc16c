// Rewrites the text of a Java regular expression for JavaScript's flag `v`, in one pass. See java-regex.ts.
import { ConfigError } from '../errors.ts';

/** Java's POSIX and java.lang.Character classes that have a counterpart (ASCII, as in Java without UNICODE_CHARACTER_CLASS). */
const CLASSES: Readonly<Record<string, string>> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\x00-\\x7f',
  Alpha: 'a-zA-Z',
  Digit: '0-9',
  Alnum: 'a-zA-Z0-9',
  Punct: '!-\\/:-@\\[-`\\{-~',
  Graph: '!-~',
  Print: ' -~',
  Blank: ' \\t',
  Cntrl: '\\x00-\\x1f\\x7f',
  XDigit: '0-9a-fA-F',
  Space: ' \\t\\n\\x0b\\f\\r',
  Horizontal: '\\x20\\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000',
};

/** What an element of a class leaves behind for a hyphen after it: only after a single character does a range begin. */
type ClassElement = 'start' | 'character' | 'range' | 'set';

/** Use once: `new PatternRewriter(pattern).rewrite()`. */
export class PatternRewriter {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  /** @throws ConfigError for what JavaScript cannot say */
  rewrite(): string {
    let source = '';
    while (this.#at < this.#pattern.length) source += this.#next();
    return source;
  }

  #next(): string {
    const character = this.#pattern[this.#at++] ?? '';
    if (character === '\\') return this.#escape();
    if (character === '[') return this.#class();
    if (character === '(' && this.#pattern[this.#at] === '?') this.#checkGroup();
    if ('*+?}'.includes(character) && this.#pattern[this.#at] === '+')
      throw this.#refused('possessive quantifiers (like a++)');
    if (character === '}' && !this.#closesQuantifier()) return safe(character);
    return character === ']' ? safe(character) : character;
  }

  #checkGroup(): void {
    const group = this.#rest();
    if (group.startsWith('?>')) throw this.#refused('atomic groups (like (?>a))');
    if (!/^\?(:|=|!|<=|<!|<[a-zA-Z])/.test(group))
      throw this.#refused('flags anywhere but at the start');
  }

  #closesQuantifier(): boolean {
    return /\{\d+(,\d*)?\}$/.test(this.#pattern.slice(0, this.#at));
  }

  // ---- character classes --------------------------------------------------------------------

  /** From behind the bracket to behind the closing one. */
  #class(): string {
    const negation = this.#rest().startsWith('^') ? '^' : '';
    this.#at += negation.length;
    const operands: string[] = [];
    let hasNested = false;
    let operand = '';
    let previous: ClassElement = 'start';
    for (;;) {
      const character = this.#pattern[this.#at++];
      if (character === undefined) throw new ConfigError('Unclosed character class');
      if (character === ']' && (operand !== '' || operands.length > 0)) break;
      if (character === '&' && this.#pattern[this.#at] === '&') {
        this.#at++;
        operands.push(operand);
        [operand, previous] = ['', 'start'];
      } else if (character === '[') {
        hasNested = true;
        operand += this.#class();
        previous = 'set';
      } else [operand, previous] = this.#classElement(operand, previous, character);
    }
    operands.push(operand);
    if (negation !== '' && (hasNested || operands.length > 1))
      throw this.#refused('negated unions and intersections (like [^a-c[x-z]])');
    if (operands.length === 1) return `[${negation}${operand}]`;
    return `[${operands.map((each) => `[${each}]`).join('&&')}]`;
  }

  /** @returns the operand with one more element, or range end */
  #classElement(
    operand: string,
    previous: ClassElement,
    character: string,
  ): [operand: string, element: ClassElement] {
    if (character === '\\') {
      const escape = this.#escape();
      const isSet = escape.startsWith('[') || /^\\[dDwWpP]/.test(escape);
      return [operand + escape, isSet ? 'set' : rangeOr(operand, previous)];
    }
    const next = this.#pattern[this.#at];
    if (character === '-' && previous === 'character' && next !== ']' && next !== '[')
      return [`${operand}-`, 'character'];
    const safeCharacter = /[\w\s]|[^\x20-\x7e]/.test(character) ? character : safe(character);
    return [operand + safeCharacter, rangeOr(operand, previous)];
  }

  // ---- escapes ------------------------------------------------------------------------------

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
        return `[${CLASSES['Horizontal']}]`;
      case 's':
        return `[${CLASSES['Space']}]`;
      case 'S':
        return `[^${CLASSES['Space']}]`;
      case 'e':
        return '\\x1b';
      case 'a':
        return '\\x07';
      default:
        return this.#otherEscape(character);
    }
  }

  /** Digits and letters with one meaning in both languages stay; a character that needs no escape is itself. */
  #otherEscape(character: string): string {
    if (/[dDwWbBnrtfxukc0-9]/.test(character)) return `\\${character}`;
    if (/[GRXNHVv]/.test(character)) throw this.#refused(`\\${character}`);
    if (/[a-zA-Z]/.test(character))
      throw new ConfigError(`Illegal/unsupported escape sequence \\${character}`);
    if (character === '') throw new ConfigError('Unexpected internal error: \\ at the end');
    return safe(character);
  }

  #quoted(): string {
    const end = this.#pattern.indexOf('\\E', this.#at);
    const text = end < 0 ? this.#rest() : this.#pattern.slice(this.#at, end);
    this.#at += text.length + (end < 0 ? 0 : 2);
    return text.replace(/[!-/:-@[-`{-~]/g, safe);
  }

  #property(isNegated: boolean): string {
    const name = /^\{(?:Is|java)?([\w=]+)\}|^([A-Z])/.exec(this.#rest());
    if (name === null) throw this.#refused('this property class');
    this.#at += name[0].length;
    const word = name[1] ?? name[2] ?? '';
    const ascii = CLASSES[word];
    if (ascii !== undefined) return `[${isNegated ? '^' : ''}${ascii}]`;
    return `\\${isNegated ? 'P' : 'p'}{${word}}`;
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

/** The end of a range, or a character that one may begin with. */
function rangeOr(operand: string, previous: ClassElement): ClassElement {
  return operand.endsWith('-') && previous === 'character' ? 'range' : 'character';
}

/** By its code, which is nothing but the character wherever it stands. */
function safe(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
