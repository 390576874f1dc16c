// The door of `ottla` for programs; people use the executable, `main.ts`.
export { version } from './version.ts';
