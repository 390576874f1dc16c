// The only door of @ottla/connect-worker.
export {};
