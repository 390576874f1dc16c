// Visits to a shop, made up: everyone lands, looks at some products, some fill a cart, few order. The same visitors each time.

export interface Click {
  readonly visitor: string;
  readonly page: 'landing' | 'product' | 'cart' | 'order';
  /** Milliseconds since the start. */
  readonly atMs: number;
}

const MINUTE_MS = 60_000;

/** In the order of time. */
export function clicksOf(visitors: number): Click[] {
  const clicks: Click[] = [];
  const chance = numbers(20_260_101);
  for (let index = 0; index < visitors; index += 1) {
    const visitor = `visitor-${index}`;
    // More come towards the middle of the quarter of an hour.
    let atMs = Math.floor(((chance() + chance()) / 2) * 15 * MINUTE_MS);
    const click = (page: Click['page']): void => {
      clicks.push({ visitor, page, atMs });
      atMs += 1_000 + Math.floor(chance() * 20_000);
    };
    click('landing');
    while (chance() < 0.7) click('product');
    if (chance() < 0.3) {
      click('cart');
      if (chance() < 0.5) click('order');
    }
  }
  return clicks.sort((a, b) => a.atMs - b.atMs);
}

/** Numbers from 0 to 1 that look like chance and are the same each time (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
