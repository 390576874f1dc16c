// How the names of the schemas become names of files, types and values.

/** `FetchSnapshot` → `fetch-snapshot`; `KRaft` counts as one word. */
export function kebabCase(name: string): string {
  return name
    .replaceAll('KRaft', 'Kraft')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();
}

/** `FetchRequest` → `fetchRequest`; `KRaftVersionRecord` → `kraftVersionRecord`. */
export function valueName(name: string): string {
  const word = name.replaceAll('KRaft', 'Kraft');
  return word.charAt(0).toLowerCase() + word.slice(1);
}

/** `fetchOffset` → `FetchOffset`. */
export function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
