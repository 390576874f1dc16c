// Requests name each topic once, with its partitions.

/** Items by their topic, in the order in which topics first come. */
export function byTopic<T extends { readonly topic: string }>(
  items: readonly T[],
): [string, T[]][] {
  const topics = new Map<string, T[]>();
  for (const item of items) {
    const list = topics.get(item.topic);
    if (list === undefined) topics.set(item.topic, [item]);
    else list.push(item);
  }
  return [...topics];
}
