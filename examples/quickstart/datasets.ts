// Three real data sets from the npm package vega-datasets, each as keyed messages for one topic.
import { readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.resolve(import.meta.dirname, '../../node_modules/vega-datasets/data');

/** What `ottla produce --json` takes, one a line. */
export interface Message {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
}

/** A topic, what goes into it, and a question that its messages answer. */
export interface Dataset {
  readonly topic: string;
  readonly partitions: number;
  readonly messages: () => readonly Message[];
  /** One line of text. */
  readonly answer: (messages: readonly Message[]) => string;
}

interface Share {
  readonly symbol: string;
  readonly date: string;
  readonly price: number;
}

interface Flight {
  readonly origin: string;
  readonly delay: number;
}

interface Earthquake {
  readonly id: string;
  readonly properties: { readonly mag: number | null; readonly place: string };
}

/** Monthly share prices by symbol, flights by the airport they leave from, a week of earthquakes by id. */
export const datasets: readonly Dataset[] = [
  {
    topic: 'stocks',
    partitions: 3,
    messages: () => keyed(shares(text('stocks.csv')), (share) => share.symbol),
    answer: (messages) => {
      const last = new Map(values<Share>(messages).map((share) => [share.symbol, share.price]));
      const prices = [...last].map(([symbol, price]) => `${symbol} ${price}`);
      return `last price: ${prices.toSorted((a, b) => a.localeCompare(b)).join(', ')}`;
    },
  },
  {
    topic: 'flights',
    partitions: 4,
    messages: () =>
      keyed(JSON.parse(text('flights-2k.json')) as Flight[], (flight) => flight.origin),
    answer: (messages) => {
      const flights = values<Flight>(messages);
      const late = flights.filter((flight) => flight.delay >= 60).length;
      return `${late} of ${flights.length} flights were an hour late or more`;
    },
  },
  {
    topic: 'earthquakes',
    partitions: 2,
    messages: () =>
      keyed(
        (JSON.parse(text('earthquakes.json')) as { features: Earthquake[] }).features,
        (quake) => quake.id,
      ),
    answer: (messages) => {
      const [strongest] = values<Earthquake>(messages).toSorted(
        (a, b) => (b.properties.mag ?? 0) - (a.properties.mag ?? 0),
      );
      return `strongest: magnitude ${strongest?.properties.mag}, ${strongest?.properties.place}`;
    },
  },
];

function text(file: string): string {
  return readFileSync(path.join(folder, file), 'utf8');
}

function shares(csv: string): Share[] {
  const [, ...lines] = csv.trim().split('\n');
  return lines.map((line) => {
    const [symbol = '', date = '', price = ''] = line.split(',');
    return { symbol, date, price: Number(price) };
  });
}

function keyed<T>(records: readonly T[], key: (record: T) => string): readonly Message[] {
  return records.map((record) => ({ key: key(record), value: JSON.stringify(record) }));
}

function values<T>(messages: readonly Message[]): T[] {
  return messages.map((message) => JSON.parse(message.value) as T);
}
