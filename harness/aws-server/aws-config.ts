import { z } from 'zod';

const duration = z.stringFormat('duration', /^\d+(\.\d+)?(ms|s|m|h)$/, { error: 'write it as 500ms, 10s, 5m or 1h' });

/** The file that `meshrig aws --config` reads. */
export const awsConfigSchema = z.strictObject({
  region: z.string().optional(),
  accountId: z.stringFormat('account', /^\d{12}$/, { error: 'an account id is a string of 12 digits' }).optional(),
  hostPolicy: z.enum(['own-port', 'strict']).optional(),
  /** How long a change of an access key takes to reach the services. */
  propagationDelay: duration.optional(),
  users: z.record(z.string(), z.strictObject({ accessKeys: z.array(accessKeySchema()).max(2).optional() })).optional(),
  /** JavaScript modules that export `handler`, by function name; each runs in a Node process of its own. */
  functions: z.record(z.string(), functionSchema()).optional(),
});

export type AwsConfig = z.infer<typeof awsConfigSchema>;

function accessKeySchema() {
  return z.strictObject({ accessKeyId: z.string(), secretAccessKey: z.string() });
}

function functionSchema() {
  return z.strictObject({
    /** A path from the config file's folder. */
    file: z.string(),
    timeout: duration.optional(),
    environment: z.record(z.string(), z.string()).optional(),
  });
}
