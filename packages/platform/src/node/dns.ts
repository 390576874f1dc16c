// Names through the system's resolver, so that /etc/hosts counts.
import { lookup } from 'node:dns';
import { hostname } from 'node:os';
import type { Dns } from '../ports.ts';
import { toNetError } from './net-errors.ts';

export const nodeDns: Dns = {
  resolve: (host) =>
    new Promise((resolve, reject) => {
      lookup(host, { all: true, order: 'verbatim' }, (error, addresses) => {
        if (error !== null) reject(toNetError(error, `resolve ${host}`));
        else resolve(addresses.map((found) => found.address));
      });
    }),
  hostname,
};
