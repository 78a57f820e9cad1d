import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestIdentity } from '../test/conformance/certificates.ts';
import type { Transport } from './proxy-load.ts';

export interface NginxProcess extends AsyncDisposable {
  readonly pid: number;
}

/** Whether nginx is installed, with TLS and HTTP/2. */
export function hasNginx(): boolean {
  const { error, stderr } = spawnSync('nginx', ['-V'], { encoding: 'utf8' });
  return error === undefined && stderr.includes('http_v2_module');
}

/** Runs nginx as one process, `proxy_pass` to the upstream over connections that stay open. */
export async function startNginx(
  ports: Readonly<Record<Transport, number>>,
  upstream: number,
  identity: TestIdentity,
): Promise<NginxProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'meshrig-nginx-'));
  await writeFile(join(folder, 'certificate.pem'), identity.certificate);
  await writeFile(join(folder, 'key.pem'), identity.privateKey);
  await writeFile(join(folder, 'nginx.conf'), createConfig(folder, ports, upstream));
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  if ((await Promise.race([exited, sleep(500, 'running')])) !== 'running') throw new Error('nginx did not start');
  return {
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.kill();
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}

function createConfig(folder: string, ports: Readonly<Record<Transport, number>>, upstream: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log /dev/null;
events { worker_connections 512; }
http {
  access_log off;
  keepalive_requests 1000000;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  upstream app { server 127.0.0.1:${upstream}; keepalive 32; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${ports['HTTP/1.1']};
    listen 127.0.0.1:${ports['HTTP/2']} http2;
    listen 127.0.0.1:${ports.TLS} ssl;
    ssl_certificate ${folder}/certificate.pem;
    ssl_certificate_key ${folder}/key.pem;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`;
}
