import { MeshrigError } from '#core/errors.ts';
import { formatAddress } from '#core/address.ts';
import { createRealClock } from '#core/real-clock.ts';
import { createRecentTimeline } from '#core/recent-timeline.ts';
import { createSystemRandom } from '#core/system-random.ts';
import type { Proxy } from '#signing-proxy/proxy.ts';
import { parseDuration } from '../duration.ts';
import { readBootstrap } from '../proxy-server/read-bootstrap.ts';
import { startBootstrappedProxy } from '../proxy-server/start-bootstrapped-proxy.ts';
import type { CommandIo } from './command-io.ts';
import { watchInterruption } from './interruption.ts';

export interface ProxyCommandOptions {
  readonly bootstrap: string;
  readonly dialect: string;
  readonly logLevel: string;
  readonly drainTime: string;
}

/** `meshrig proxy`: the data plane alone. Serves until SIGTERM or ctrl-c, then drains. Resolves with the exit code. */
export async function proxyCommand(options: ProxyCommandOptions, io: CommandIo): Promise<number> {
  const drainMs = parseDuration(options.drainTime);
  if (drainMs === undefined)
    throw new MeshrigError(
      'USAGE',
      `Failed to read option "--drain-time": "${options.drainTime}" is no duration such as 45s`,
    );
  const file = await readBootstrap(options.bootstrap);
  const clock = createRealClock();
  using interruption = watchInterruption({ io });
  await using proxy = await startBootstrappedProxy(file, {
    clock,
    timeline: createRecentTimeline(clock, 0),
    random: createSystemRandom(),
    dialect: options.dialect,
    logLevel: options.logLevel,
    drainMs,
    environment: withoutGaps(io.environment),
    onLog: (line) => void io.stderr.write(`${line}\n`),
    onAccessLog: (line) => void io.stdout.write(`${line}\n`),
  });
  if (proxy.adminAddress !== undefined) io.stdout.write(`admin http://${formatAddress(proxy.adminAddress)}\n`);
  const { stopped } = interruption;
  await Promise.race([proxy.ready.then(() => announce(proxy, io)), stopped]);
  const exitCode = await stopped;
  await proxy.drain();
  return exitCode;
}

/** One line for each listener, with the port that was chosen where the file says 0. */
async function announce(proxy: Proxy, io: CommandIo): Promise<void> {
  for (const { name, address } of await proxy.addresses())
    io.stdout.write(`listener ${formatAddress(address)} ${name}\n`);
  io.stdout.write('ready\n');
}

function withoutGaps(environment: CommandIo['environment']): Record<string, string> {
  const entries = Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return Object.fromEntries(entries) as Record<string, string>;
}
