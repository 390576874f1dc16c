// What happens between the files: flights are counted by airport and joined with its name, share prices averaged by year, earthquakes
// counted by magnitude. Every answer goes to one topic as a line of JSON.
import { int64, json, string } from '@ottla/serdes';
import { StreamsBuilder, type Topology, tumblingWindows } from '@ottla/streams';

/** A line of the report; the last one of a report and key counts. */
export interface Answer {
  readonly report: 'flights' | 'stocks' | 'earthquakes';
  readonly key: string;
  readonly value: number;
  /** How many records are in it. */
  readonly records: number;
}

interface Average {
  readonly sum: number;
  readonly count: number;
}

export const YEAR_MS: number = 365 * 24 * 60 * 60 * 1000;
const text = { key: string(), value: string() };

/** @param topicOf the topic of a data set, or of the report */
export function pipeline(topicOf: (name: string) => string): Topology {
  const builder = new StreamsBuilder();

  const airports = builder
    .stream(topicOf('airports'), text)
    .filter((_key, line) => line !== null)
    .map((_key, line) => {
      const [code = '', name = ''] = line.split(',');
      return { key: code, value: name };
    })
    .toTable({ store: 'airport-names', ...text });

  const flights = builder
    .stream(topicOf('flights'), text)
    .groupBy((_key, line) => (JSON.parse(line) as { origin: string }).origin, text)
    .count({ store: 'flights-by-airport' })
    .leftJoin(airports, (count, name, code): Answer => {
      const key = name === null ? code : `${code} ${name}`;
      return { report: 'flights', key, value: count, records: count };
    })
    .toStream();

  const stocks = builder
    .stream(topicOf('stocks'), {
      ...text,
      timestampExtractor: ({ value }) => Date.parse(`${(value as string).split(',')[1]} UTC`),
    })
    .map((_key, line) => {
      const [symbol = '', , price] = line.split(',');
      return { key: symbol, value: Number(price) };
    })
    .groupByKey({ key: string(), value: json<number>() })
    // The file goes through the years once for each symbol: by stream time most of it is late.
    .windowedBy(tumblingWindows({ sizeMs: YEAR_MS, graceMs: 20 * YEAR_MS }))
    .aggregate<Average>(
      () => ({ sum: 0, count: 0 }),
      (_key, price, { sum, count }) => ({ sum: sum + price, count: count + 1 }),
      { store: 'prices-by-year', value: json<Average>() },
    )
    .toStream()
    .map(({ key, window }, { sum, count }) => {
      const year = new Date(window.start).getUTCFullYear();
      const answer: Answer = {
        report: 'stocks',
        key: `${key} ${year}`,
        value: Math.round((100 * sum) / count) / 100,
        records: count,
      };
      return { key: answer.key, value: answer };
    });

  const earthquakes = builder
    .stream(topicOf('earthquakes'), text)
    .groupBy((_key, line) => {
      const { mag } = (JSON.parse(line) as { properties: { mag: number | null } }).properties;
      return mag === null ? 'unknown' : `magnitude ${Math.max(0, Math.floor(mag))}`;
    }, text)
    .count({ store: 'earthquakes-by-magnitude', value: int64() })
    .toStream()
    .map((key, count) => {
      const answer: Answer = { report: 'earthquakes', key, value: count, records: count };
      return { key, value: answer };
    });

  const answers = { key: string(), value: json<Answer>() };
  for (const report of [flights, stocks, earthquakes]) report.to(topicOf('report'), answers);
  return builder.build();
}
