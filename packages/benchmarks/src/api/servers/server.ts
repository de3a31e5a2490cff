import type { AddressInfo, Server as NetServer } from 'node:net';

/** A port that is being measured. */
export interface OpenServer {
  readonly port: number;
  /** How many events were recorded since it was opened; `undefined` for one that records nothing. */
  readonly written: () => Promise<number | undefined>;
  readonly close: () => Promise<void>;
}

/** Opens a port on a fresh store, so that no turn pays for what the one before it wrote. */
export type OpenTheServer = () => Promise<OpenServer>;

/** Listens on any port of this machine. */
export function listening(server: NetServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address: AddressInfo | string | null = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
    });
  });
}

/** Closes a server once its clients are gone. */
export function closing(server: NetServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
