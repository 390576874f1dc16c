// Which known name did somebody mean? The one with the fewest insertions, deletions and substitutions.

/** The nearest of `names`, or undefined when even that one differs in more than a third of its letters. */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let best = Infinity;
  for (const candidate of names) {
    const allowed = Math.min(best, Math.floor(Math.max(name.length, candidate.length) / 3) + 1);
    if (Math.abs(candidate.length - name.length) >= allowed) continue;
    const distance = editDistance(name, candidate);
    if (distance < allowed) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Levenshtein distance. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
