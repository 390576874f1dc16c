// What to do with something that is there at once or comes as a promise. The first case costs nothing but a check, which
// is the point: only a store's read from disk makes a task wait (DESIGN §7).

/** Calls `next` with the value: at once when it is there, else when it comes. */
export function whenDone<T, R>(
  value: T | Promise<T>,
  next: (value: T) => R | Promise<R>,
): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
