// The only door of @ottla/connector-file.
export {};
