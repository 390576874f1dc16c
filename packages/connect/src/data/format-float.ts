// The text of floating point numbers as Java prints them (Double.toString, Float.toString; the shortest digits, as since
// JDK 19), which is what Kafka's JSON and string converters write.

/** `1.0`, `0.001`, `1.0E-5`, `1.0E10`, `NaN`, `-Infinity`. */
export function formatDouble(value: number): string {
  return format(value, shortestDouble);
}

/** The same for single precision: the fewest digits that name this float. */
export function formatFloat(value: number): string {
  return format(Math.fround(value), shortestFloat);
}

/** Java writes plain digits from 10^-3 (inclusive) to 10^7 (exclusive). */
const PLAIN_MIN = 1e-3;
const PLAIN_MAX = 1e7;

function format(value: number, shortest: (value: number) => string): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const sign = value < 0 ? '-' : '';
  const magnitude = Math.abs(value);
  const { digits, exponent } = decimalParts(shortest(magnitude));
  if (magnitude >= PLAIN_MIN && magnitude < PLAIN_MAX) return sign + plain(digits, exponent);
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`;
}

/** Scientific parts of a positive decimal text: 0.0125 is digits 125, exponent -2. */
function decimalParts(text: string): { digits: string; exponent: number } {
  const [mantissa = '', power = '0'] = text.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const all = whole + fraction;
  const firstDigit = all.search(/[1-9]/);
  return {
    digits: all.slice(firstDigit).replace(/0+$/, '') || '0',
    exponent: Number(power) + whole.length - 1 - firstDigit,
  };
}

function plain(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** Java writes at least two digits, and then the nearest two: 4.9E-324 for JavaScript's 5e-324. */
const DIGITS_MIN = 2;

function shortestDouble(value: number): string {
  const text = String(value);
  return decimalParts(text).digits.length < DIGITS_MIN ? value.toPrecision(DIGITS_MIN) : text;
}

/** Nine digits always name a float; mostly fewer do. */
const FLOAT_DIGITS_MAX = 9;

function shortestFloat(value: number): string {
  for (let digits = DIGITS_MIN; digits < FLOAT_DIGITS_MAX; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return text;
  }
  return value.toPrecision(FLOAT_DIGITS_MAX);
}
