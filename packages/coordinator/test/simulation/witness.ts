// Sees all that members are told and holds it against the rules of the group protocol.

/** Throws as soon as a rule is broken. */
export class Witness {
  readonly #owners = new Map<string, string>();
  readonly #acknowledged = new Map<number, number>();
  #openRequests = 0;
  assignments = 0;
  commits = 0;

  /** Requests that were not answered yet. */
  get openRequests(): number {
    return this.#openRequests;
  }

  /** Rule: every request is answered (a promise is answered at most once by nature). */
  async asked<T>(response: Promise<T>): Promise<T> {
    this.#openRequests += 1;
    try {
      return await response;
    } finally {
      this.#openRequests -= 1;
    }
  }

  /** Rule: in one generation a partition has one owner. A static member is one owner under all its ids. */
  assigned(generationId: number, owner: string, partitions: readonly number[]): void {
    this.assignments += 1;
    for (const partition of partitions) {
      const key = `${generationId}:${partition}`;
      const other = this.#owners.get(key);
      if (other !== undefined && other !== owner)
        throw new Error(
          `partition ${partition} in generation ${generationId} is given to ${other} and ${owner}`,
        );
      this.#owners.set(key, owner);
    }
  }

  /** The highest offset whose commit was acknowledged; −1 before the first. */
  acknowledged(partition: number): number {
    return this.#acknowledged.get(partition) ?? -1;
  }

  /** Rule: acknowledged offsets only go up, because each owner starts where the last one ended. */
  committed(partition: number, offset: number): void {
    this.commits += 1;
    const before = this.acknowledged(partition);
    if (offset < before)
      throw new Error(`partition ${partition} went back from ${before} to ${offset}`);
    this.#acknowledged.set(partition, offset);
  }

  /** Rule: what was acknowledged before one asked is there, neither older nor gone. */
  fetched(partition: number, offset: number, acknowledgedBefore: number): void {
    if (offset < acknowledgedBefore)
      throw new Error(
        `partition ${partition} shows ${offset} after ${acknowledgedBefore} was acknowledged`,
      );
  }
}
