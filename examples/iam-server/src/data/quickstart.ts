import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { codeOf, readPrivately, unusable, writePrivately } from './private-file.js';

interface SignIn {
  readonly name: string;
  readonly password: string;
}

/** The secrets of a first start, in clear text. */
export interface Secrets {
  readonly tokens: { readonly owner: string; readonly viewer: string };
  readonly users: { readonly owner: SignIn; readonly viewer: SignIn };
}

/** What a program needs to know beside the secrets. */
export interface QuickstartIds {
  readonly instanceId: string;
  readonly organizationIds: readonly string[];
}

const DRAFT = /^quickstart\.json\.[\w.-]+$/;
const OLD_MS = 60_000;

/** The only file with the secrets in clear text, for the quick start. */
export function quickstartFile(dataFolder: string): string {
  return join(dataFolder, 'quickstart.json');
}

/**
 * Writes the secrets to a file named by their generation, before the database makes them valid. If the server is killed
 * in between, the next start's `settleSecrets` moves the file to its place.
 */
export async function draftSecrets(
  dataFolder: string,
  { generation, ...ids }: QuickstartIds & { readonly generation: string },
  secrets: Secrets,
): Promise<void> {
  await writePrivately(draftFile(dataFolder, generation), textOf({ url: '', ...ids, ...secrets }));
}

/** Moves the valid secrets to their place, and deletes the files of failed starts. @throws CannotStart */
export async function settleSecrets(dataFolder: string, generation: string): Promise<void> {
  const place = quickstartFile(dataFolder);
  try {
    await rename(draftFile(dataFolder, generation), place);
  } catch (caught) {
    if (codeOf(caught) !== 'ENOENT') throw unusable(place, 'written', caught);
  }
  for (const name of await readdir(dataFolder)) {
    const file = join(dataFolder, name);
    // A newer file may belong to a start in progress.
    if (DRAFT.test(name) && Date.now() - ((await stat(file).catch(() => undefined))?.mtimeMs ?? 0) > OLD_MS)
      await rm(file, { force: true });
  }
}

/**
 * Writes the address into the file of the secrets, for programs, unless a running server has written its own.
 *
 * @throws CannotStart
 */
export async function noteAddress(dataFolder: string, url: string): Promise<void> {
  const kept = z.looseObject({ url: z.string() }).safeParse(jsonOf(await readPrivately(quickstartFile(dataFolder))));
  if (!kept.success || kept.data.url === url || (await answers(kept.data.url))) return;
  await writePrivately(quickstartFile(dataFolder), textOf({ ...kept.data, url }));
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/debug/healthz`, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false;
  }
}

function draftFile(dataFolder: string, generation: string): string {
  return `${quickstartFile(dataFolder)}.${generation}`;
}

function textOf(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
