import { readdirSync, readFileSync } from 'node:fs';

const packages = new URL('../../../', import.meta.url);

interface Manifest {
  readonly private?: boolean;
  readonly exports: string | Readonly<Record<string, string | { readonly default: string }>>;
}

/** The modules of all published entries, by name: `domain/audit`. */
export async function entries(): Promise<ReadonlyMap<string, object>> {
  const found = new Map<string, object>();
  for (const folder of readdirSync(packages)) {
    const manifest: Manifest = JSON.parse(readFileSync(new URL(`${folder}/package.json`, packages), 'utf8'));
    if (manifest.private === true) continue;
    const { exports } = manifest;
    for (const [entry, target] of Object.entries(typeof exports === 'string' ? { '.': exports } : exports)) {
      const file = typeof target === 'string' ? target : target.default;
      found.set(`${folder}${entry.slice(1)}`, await import(String(new URL(`${folder}/${file}`, packages))));
    }
  }
  return found;
}

/** Calls a function of an entry, or a method of what one answered. Tests of this package can't import those packages. */
export async function caller(): Promise<(entry: string, name: string, ...args: readonly unknown[]) => Called> {
  const modules = await entries();
  return (entry, name, ...args) => {
    const on = async (owner: object): Promise<object> => {
      const fn: unknown = Reflect.get(owner, name);
      if (typeof fn !== 'function') throw new Error(`${entry} has no ${name}`);
      return Object(await Reflect.apply(fn, owner, args));
    };
    return { on, answer: () => on(modules.get(entry) ?? {}) };
  };
}

interface Called {
  answer(): Promise<object>;
  on(owner: object): Promise<object>;
}
