// The only door of @ottla/serdes.
export {};
