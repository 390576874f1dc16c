// The only door of @ottla/connect.
export {};
