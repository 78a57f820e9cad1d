import { readdir, readFile, readlink } from 'node:fs/promises';

export interface PortOwner {
  readonly pid: number;
  readonly command: string;
}

/** The process that listens on a TCP port of this machine, where the system tells (Linux, own processes). */
export async function findPortOwner(port: number): Promise<PortOwner | undefined> {
  try {
    const inode = await findListeningInode(port);
    return inode === undefined ? undefined : await findSocketHolder(inode);
  } catch {
    return undefined;
  }
}

/** Rows of /proc/net/tcp: `sl local_address rem_address st ... inode`; state 0A is LISTEN. */
async function findListeningInode(port: number): Promise<string | undefined> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const rows = (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const row of rows) {
      const fields = row.trim().split(/\s+/);
      if (fields[1]?.endsWith(suffix) === true && fields[3] === '0A') return fields[9];
    }
  }
  return undefined;
}

async function findSocketHolder(inode: string): Promise<PortOwner | undefined> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (target === `socket:[${inode}]`) return { pid: Number(pid), command: await commandOf(pid) };
    }
  }
  return undefined;
}

async function commandOf(pid: string): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
}
