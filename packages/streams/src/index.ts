// The only door of @ottla/streams.
export {};
