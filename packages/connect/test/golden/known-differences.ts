// Where Ottla differs from Kafka Connect on purpose, each with its reason. Everything else must be the same.

type Answer = Readonly<Record<string, unknown>>;

export interface KnownDifference {
  readonly reason: string;
  isIt(input: Input, ours: Answer, kafka: Answer): boolean;
}

interface Input {
  readonly text?: string;
  readonly class?: string;
  readonly read?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, string>>;
}

const REFUSED_PATTERNS = ['a++b', '(?>a)b', '(?x) a b', '\\R', '\\h'];

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    reason:
      'floating point numbers are written with the fewest digits that name them, as Java does since JDK 19; the answers were made with 17',
    isIt: (_input, ours, kafka) => withShortestFloats(ours) === withShortestFloats(kafka),
  },
  {
    reason: 'without a schema a number that is whole is an integer: 125000.0 is written 125000',
    isIt: (input, ours, kafka) =>
      (input.read?.['schemas.enable'] === 'false' || input.class === 'transforms.Cast$Value' || input.class === 'transforms.Cast$Key') &&
      !JSON.stringify(kafka).includes('"text":"{\\"schema\\":{') &&
      JSON.stringify(kafka).replaceAll(/(\d)\.0\b/g, '$1') === JSON.stringify(ours),
  },
  {
    reason: 'a Date of JavaScript reaches 100,000,000 days from 1970 and no further',
    isIt: (input, ours) =>
      (String(input.text).includes('data.Date') ||
        String(input.class).includes('TimestampConverter')) &&
      String(ours['message']).includes('beyond what a Date holds'),
  },
  {
    reason: 'years before 1582 are counted as ISO 8601 does, where Java has the Julian calendar',
    isIt: (input, _ours, kafka) => {
      const payload = /"payload\\":(-\d+)/.exec(JSON.stringify(kafka))?.[1];
      const isConverted = input.class === 'transforms.TimestampConverter$Value';
      return isConverted && Number(payload ?? 0) < Date.UTC(1582, 9, 15);
    },
  },
  {
    reason: 'what JavaScript’s regular expressions cannot say is refused',
    isIt: (input, ours) =>
      REFUSED_PATTERNS.includes(input.config?.['regex'] ?? '') &&
      String(ours['message']).includes("JavaScript's regular"),
  },
];

/** Numbers in single precision, texts and hexadecimal bytes alike, so that two ways to write one float are equal. */
function withShortestFloats(answer: Answer): string {
  const shown =
    typeof answer['hex'] === 'string'
      ? Buffer.from(answer['hex'], 'hex').toString('latin1')
      : JSON.stringify(answer);
  return shown.replaceAll(/-?\d+\.\d+E\d+/g, (text) => String(Math.fround(Number(text))));
}
