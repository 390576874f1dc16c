// Java's regular expressions in JavaScript. Configs that come from Kafka hold Java patterns; what means the same here is
// carried over or rewritten, and what JavaScript cannot say is refused by name, never silently read as something else.
import { ConfigError } from '../errors.ts';
import { PatternRewriter } from './pattern-rewriter.ts';

/** Flags that both languages write as letters; Java's `x`, `d`, `u`, `U` have no counterpart here. */
const INLINE_FLAGS = /^\(\?([ims]+)\)/;

/**
 * A JavaScript regular expression with the meaning of a Java pattern. Named groups, look-ahead and look-behind, `\Q…\E`,
 * `\p{Alpha}`, unions and intersections of classes, `\A`, `\z`, `\h`, and flags at the start (`(?i)…`) are understood.
 *
 * @throws ConfigError for possessive quantifiers, atomic groups, flags in the middle, and whatever else is not valid
 */
export function javaRegex(pattern: string): RegExp {
  const flags = INLINE_FLAGS.exec(pattern);
  const source = new PatternRewriter(pattern.slice(flags?.[0].length ?? 0)).rewrite();
  try {
    return new RegExp(source, `v${[...new Set(flags?.[1])].join('')}`);
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : 'not valid', { cause: error });
  }
}

/** Whether the whole text matches, as Java's `matches()` asks. */
export function matchesWhole(regex: RegExp, text: string): boolean {
  return wholeMatcher(regex).test(text);
}

/** The same expression, anchored at both ends. */
export function wholeMatcher(regex: RegExp): RegExp {
  return new RegExp(`(?<![^])(?:${regex.source})(?![^])`, regex.flags);
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
