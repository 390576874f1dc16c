// Settings for somebody else, inside a configuration: `producer.acks`, `transforms.a.type`.

/** Keys below a prefix, without it. */
export function withPrefix(
  properties: Readonly<Record<string, string>>,
  prefix: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}
