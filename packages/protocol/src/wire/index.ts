// What the generated messages are made of, behind one door: a bundle that takes messages in (tools/build.mjs) leaves these
// outside, so that there is one `ProtocolError` in a process. No API: it changes with the generator.

export * from './arrays.ts';
export * from './codec-support.ts';
export { splicedBytes } from './records-source.ts';
export * from './sizes.ts';
export { ZERO_UUID } from './uuid.ts';
