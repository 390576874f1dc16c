// TLS of Node's `Net`, with a self-signed certificate for localhost made for these tests.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NetError, nodePlatform, type Connection } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import { codeOf } from './conformance/disk.ts';

const key = readFileSync(join(import.meta.dirname, 'tls/key.pem'));
const cert = readFileSync(join(import.meta.dirname, 'tls/cert.pem'));
const host = '127.0.0.1';

describe('TLS of NodeNet', () => {
  it('given a trusted certificate, when a large message is echoed, then it comes back whole', async () => {
    const { net } = nodePlatform();
    const listener = await net.listen({ host, port: 0, tls: { key, cert } }, echo);
    const near = await net.connect({ host, port: listener.port, tls: { ca: cert } });
    const sent = Buffer.from(Uint8Array.from({ length: 500_000 }, (_, index) => index * 13));
    const chunks: Buffer[] = [];
    const closed = new Promise<Error | undefined>((resolve) =>
      near.start({ onData: (chunk) => chunks.push(Buffer.from(chunk)), onClose: resolve }),
    );

    near.write([sent.subarray(0, 7), sent.subarray(7)]);
    near.end();

    expect(await closed).toBeUndefined();
    expect(Buffer.concat(chunks).equals(sent)).toBe(true);
    await listener.close();
  });

  it('given an authority the client does not know, when connecting, then it is refused and the listener lives on', async () => {
    const { net } = nodePlatform();
    const errors: Error[] = [];
    const listener = await net.listen(
      { host, port: 0, tls: { key, cert }, onError: (error) => errors.push(error) },
      echo,
    );

    expect(await codeOf(net.connect({ host, port: listener.port, tls: {} }))).toBe(
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    );
    const plain = await net.connect({ host, port: listener.port });
    const plainClosed = new Promise<void>((resolve) =>
      plain.start({ onData() {}, onClose: () => resolve() }),
    );
    plain.write([Buffer.from('this is no TLS at all\r\n')]);
    await plainClosed;

    await expect.poll(() => errors.length).toBeGreaterThanOrEqual(1);
    expect(errors.every((error) => error instanceof NetError)).toBe(true);
    const trusted = await net.connect({ host, port: listener.port, tls: { ca: cert } });
    trusted.destroy();
    await listener.close();
  });

  it('given that client certificates are demanded, when there is none, then the connection ends before a byte is served', async () => {
    const { net } = nodePlatform();
    let acceptedCount = 0;
    const tls = { key, cert, ca: cert, requestCert: true };
    const listener = await net.listen({ host, port: 0, tls }, (connection) => {
      acceptedCount++;
      echo(connection);
    });
    const bare = await net.connect({ host, port: listener.port, tls: { ca: cert } });
    await new Promise<void>((resolve) => bare.start({ onData() {}, onClose: () => resolve() }));
    expect(acceptedCount).toBe(0);

    const known = await net.connect({ host, port: listener.port, tls: { ca: cert, key, cert } });
    const answer = new Promise<string>((resolve) =>
      known.start({ onData: (chunk) => resolve(chunk.toString()), onClose() {} }),
    );
    known.write([Buffer.from('hello')]);
    expect(await answer).toBe('hello');
    known.destroy();
    await listener.close();
  });
});

function echo(connection: Connection): void {
  connection.start({
    onData: (chunk) => void connection.write([Buffer.from(chunk)]),
    onClose() {},
  });
}
