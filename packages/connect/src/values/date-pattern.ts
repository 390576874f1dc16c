// Java's date patterns (java.text.SimpleDateFormat) in UTC and English: formats moments, and reads them as leniently as Java does.
// Not there: weeks (Y, w, W, F), the Julian calendar before 1582, names of time zones. Two-digit years are read as 1950 to 2049,
// where Java takes 80 years back from today.
import { ConfigError } from '../errors.ts';

const MONTHS =
  'January February March April May June July August September October November December';
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday';
const MONTH_NAMES: readonly string[] = MONTHS.split(' ');
const DAY_NAMES: readonly string[] = DAYS.split(' ');
const HALVES: readonly string[] = ['AM', 'PM'];
const SHORT_LENGTH = 3;
const MS_PER_DAY = 86_400_000;

/** A run of one letter, or text that stands for itself. */
type Part = { readonly letter: string; readonly count: number } | { readonly text: string };

/** What a text said, field by field; undefined where it said nothing. */
interface Fields {
  year?: number;
  isBeforeChrist?: boolean;
  /** From 0. */
  month?: number;
  day?: number;
  dayOfYear?: number;
  hour?: number;
  hourOfHalf?: number;
  isAfternoon?: boolean;
  minute?: number;
  second?: number;
  millisecond?: number;
  offsetMinutes?: number;
}

export class DatePattern {
  readonly #parts: readonly Part[];

  /** @throws ConfigError for a letter that means nothing, or nothing here, and for a quote that is not closed */
  constructor(pattern: string) {
    this.#parts = partsOf(pattern);
  }

  /** The moment as text. */
  format(date: Date): string {
    return this.#parts
      .map((part) => ('text' in part ? part.text : shown(date, part.letter, part.count)))
      .join('');
  }

  /** The moment that a text begins with; undefined when it does not match. What follows is passed over, as in Java. */
  parse(text: string): Date | undefined {
    const fields: Fields = {};
    let at = 0;
    for (const [index, part] of this.#parts.entries()) {
      if ('text' in part) {
        if (!text.startsWith(part.text, at)) return undefined;
        at += part.text.length;
        continue;
      }
      while (text[at] === ' ' || text[at] === '\t') at += 1;
      const width = this.#isNumberAfter(index) ? part.count : undefined;
      const end = READERS[part.letter]?.({ text, at, count: part.count, width, fields });
      if (end === undefined) return undefined;
      at = end;
    }
    return momentOf(fields);
  }

  /** Digits with no text between them are told apart by their count. */
  #isNumberAfter(index: number): boolean {
    const next = this.#parts[index + 1];
    return next !== undefined && 'letter' in next && isNumber(next.letter, next.count);
  }
}

function isNumber(letter: string, count: number): boolean {
  return 'yudDHkKhmsS'.includes(letter) || ('ML'.includes(letter) && count < SHORT_LENGTH);
}

// ---- patterns ----

function partsOf(pattern: string): Part[] {
  const parts: Part[] = [];
  const token = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/gy;
  for (const [all, quoted, letter] of pattern.matchAll(token)) {
    if (all === "'") throw new ConfigError(`Unterminated quote in date pattern: ${pattern}`);
    if (quoted !== undefined)
      parts.push({ text: quoted === '' ? "'" : quoted.replaceAll("''", "'") });
    else if (letter === undefined) parts.push({ text: all });
    else parts.push({ letter: known(letter, all.length), count: all.length });
  }
  return parts;
}

function known(letter: string, count: number): string {
  if ('YwWF'.includes(letter))
    throw new ConfigError(
      `The letter '${letter}' of date patterns, which counts weeks, is not there`,
    );
  if (letter === 'X' && count > SHORT_LENGTH)
    throw new ConfigError(`Invalid ISO 8601 time zone in a date pattern: length=${count}`);
  if (READERS[letter] === undefined)
    throw new ConfigError(`Illegal pattern character '${letter}' in a date pattern`);
  return letter;
}

// ---- to text ----

function shown(date: Date, letter: string, count: number): string {
  const year = date.getUTCFullYear();
  const hour = date.getUTCHours();
  const number = (value: number): string => String(value).padStart(count, '0');
  switch (letter) {
    case 'G':
      return year > 0 ? 'AD' : 'BC';
    case 'y': {
      const ofEra = year > 0 ? year : 1 - year;
      return count === 2 ? String(ofEra % 100).padStart(2, '0') : number(ofEra);
    }
    case 'M':
    case 'L':
      return count < SHORT_LENGTH
        ? number(date.getUTCMonth() + 1)
        : name(MONTH_NAMES, date.getUTCMonth(), count);
    case 'd':
      return number(date.getUTCDate());
    case 'D':
      return number(Math.floor((date.getTime() - yearStart(year)) / MS_PER_DAY) + 1);
    case 'E':
      return name(DAY_NAMES, date.getUTCDay(), count);
    case 'u':
      return number(date.getUTCDay() || 7);
    case 'a':
      return HALVES[hour < 12 ? 0 : 1]!;
    case 'H':
      return number(hour);
    case 'k':
      return number(hour || 24);
    case 'K':
      return number(hour % 12);
    case 'h':
      return number(hour % 12 || 12);
    case 'm':
      return number(date.getUTCMinutes());
    case 's':
      return number(date.getUTCSeconds());
    case 'S':
      return number(date.getUTCMilliseconds());
    case 'z':
      return count > SHORT_LENGTH ? 'Coordinated Universal Time' : 'UTC';
    default:
      return letter === 'Z' ? '+0000' : 'Z';
  }
}

function name(names: readonly string[], index: number, count: number): string {
  const full = names[index]!;
  return count > SHORT_LENGTH ? full : full.slice(0, SHORT_LENGTH);
}

function yearStart(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1);
}

// ---- from text ----

/** Where a field begins, and how much of it may be read. */
interface Place {
  readonly text: string;
  readonly at: number;
  readonly count: number;
  /** Digits to read; undefined: all there are. */
  readonly width: number | undefined;
  readonly fields: Fields;
}

/** Returns where the field ends; undefined when there is none. */
type Reader = (place: Place) => number | undefined;

function numberReader(take: (fields: Fields, value: number, place: Place, digits: string) => void) {
  return (place: Place): number | undefined => {
    const { text, at, width, fields } = place;
    const match = /^-?\d+/.exec(text.slice(at, width === undefined ? undefined : at + width));
    if (match === null) return undefined;
    // Fields have 32 bits in Java.
    take(fields, Number(match[0]) | 0, place, match[0]);
    return at + match[0].length;
  };
}

function nameReader(
  names: readonly string[],
  take: (fields: Fields, index: number) => void,
): Reader {
  return ({ text, at, fields }) => {
    const begins = (each: string): boolean =>
      text.slice(at, at + each.length).toLowerCase() === each.toLowerCase();
    const full = names.findIndex(begins);
    const index = full >= 0 ? full : names.findIndex((each) => begins(each.slice(0, SHORT_LENGTH)));
    if (index < 0) return undefined;
    take(fields, index);
    return at + (full >= 0 ? names[index]!.length : SHORT_LENGTH);
  };
}

/** `Z`, `UTC`, `GMT`, `+01`, `+0100`, `+01:00`, as the letter and its count allow. */
function zoneReader(pattern: (count: number) => RegExp): Reader {
  return ({ text, at, count, fields }) => {
    const match = pattern(count).exec(text.slice(at));
    if (match === null) return undefined;
    const [all, sign, hours = '0', minutes = '0'] = match;
    const offset = Number(hours) * 60 + Number(minutes);
    fields.offsetMinutes = sign === '-' ? -offset : offset;
    return at + all.length;
  };
}

const ISO_ZONES = [
  /^(?:Z|([+-])(\d\d))/,
  /^(?:Z|([+-])(\d\d)(\d\d))/,
  /^(?:Z|([+-])(\d\d):(\d\d))/,
];
const NAMED_ZONE = /^(?:(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)|UTC|GMT)/i;

const monthName = nameReader(MONTH_NAMES, (fields, index) => {
  fields.month = index;
});
const monthNumber = numberReader((fields, value) => {
  fields.month = value - 1;
});
const month: Reader = (place) => (place.count < SHORT_LENGTH ? monthNumber : monthName)(place);

function simple(field: 'day' | 'dayOfYear' | 'minute' | 'second' | 'millisecond' | 'hour'): Reader {
  return numberReader((fields, value) => {
    fields[field] = value;
  });
}

const READERS: Readonly<Record<string, Reader>> = {
  G: nameReader(['AD', 'BC'], (fields, index) => {
    fields.isBeforeChrist = index === 1;
  }),
  y: numberReader((fields, value, { count }, digits) => {
    const isShort = count <= 2 && /^\d\d$/.test(digits);
    fields.year = isShort ? value + (value < 50 ? 2000 : 1900) : value;
  }),
  M: month,
  L: month,
  d: simple('day'),
  D: simple('dayOfYear'),
  // The day of the week follows from the date.
  E: nameReader(DAY_NAMES, () => undefined),
  u: numberReader(() => undefined),
  a: nameReader(HALVES, (fields, index) => {
    fields.isAfternoon = index === 1;
  }),
  H: simple('hour'),
  k: numberReader((fields, value) => {
    fields.hour = value === 24 ? 0 : value;
  }),
  K: numberReader((fields, value) => {
    fields.hourOfHalf = value;
  }),
  h: numberReader((fields, value) => {
    fields.hourOfHalf = value === 12 ? 0 : value;
  }),
  m: simple('minute'),
  s: simple('second'),
  S: simple('millisecond'),
  z: zoneReader(() => NAMED_ZONE),
  Z: zoneReader(() => NAMED_ZONE),
  X: zoneReader((count) => ISO_ZONES[count - 1]!),
};

/** Fields beyond their range carry over: February 30 is in March. */
function momentOf(fields: Fields): Date {
  const { year: ofEra = 1970, isBeforeChrist = false, hourOfHalf, isAfternoon = false } = fields;
  const year = isBeforeChrist ? 1 - ofEra : ofEra;
  const isByDayOfYear = fields.dayOfYear !== undefined && fields.day === undefined;
  const date = new Date(0);
  date.setUTCFullYear(
    year,
    isByDayOfYear ? 0 : (fields.month ?? 0),
    (isByDayOfYear ? fields.dayOfYear : fields.day) ?? 1,
  );
  const hour = hourOfHalf === undefined ? (fields.hour ?? 0) : hourOfHalf + (isAfternoon ? 12 : 0);
  const minute = (fields.minute ?? 0) - (fields.offsetMinutes ?? 0);
  date.setUTCHours(hour, minute, fields.second ?? 0, fields.millisecond ?? 0);
  return date;
}
