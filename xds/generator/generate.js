// Writes xds/generated from the Envoy protos that ship inside @grpc/grpc-js-xds.
// Run with `npm ci && npm run generate` in this folder; README.md says why it is made this way.
import { rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileProtos } from './compile-protos.js';
import { copyProtos } from './copy-protos.js';
import { writeMessages } from './write-messages.js';

const outputFolder = process.argv[2] ?? join(import.meta.dirname, '../generated');
const workFolder = mkdtempSync(join(tmpdir(), 'meshrig-protos-'));
try {
  rmSync(join(outputFolder, 'types'), { recursive: true, force: true });
  copyProtos(workFolder);
  writeMessages(compileProtos(workFolder, join(outputFolder, 'types')), outputFolder);
} finally {
  rmSync(workFolder, { recursive: true });
}
