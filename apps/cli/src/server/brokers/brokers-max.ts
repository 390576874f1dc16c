// Apart from the plan, so that help loads nothing else.

/** More processes than this on one machine is a slip of the finger. */
export const BROKERS_MAX = 64;
