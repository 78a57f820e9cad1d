import type {
  DescEnum,
  DescExtension,
  DescField,
  DescFile,
  DescMessage,
  DescMethod,
  DescOneof,
  DescService,
} from '@bufbuild/protobuf';
import { fileDesc } from '@bufbuild/protobuf/codegenv2';

/** A proto file whose descriptor is decoded when one of its types is first used. */
export interface LazyFile {
  readonly load: () => DescFile;
}

/**
 * Describes a file like `fileDesc` of protobuf-es, but decodes it, and what it imports, on first use: decoding all of
 * Envoy's files takes far longer than decoding those that one run needs.
 */
export function lazyFile(base64: string, imports: readonly (LazyFile | DescFile)[]): LazyFile {
  let file: DescFile | undefined;
  return { load: () => (file ??= fileDesc(base64, imports.map(loadImport))) };
}

// fileDesc visits the imports of imports once per path that leads to them, which grows exponentially with depth. A file
// only looks up types of its direct imports, so those are given without their own.
function loadImport(file: LazyFile | DescFile): DescFile {
  return { ...('load' in file ? file.load() : file), dependencies: [] };
}

/** Describes the message at `path`: its index in the file, or in each parent message in turn. */
export function lazyMessage(file: LazyFile, typeName: string, path: readonly number[]): DescMessage {
  const message = new LazyMessage(typeName, () => findMessage(file.load(), path));
  messages.set(typeName, message);
  return message;
}

/** Finds a generated message by its full name, without decoding it. Knows the modules imported so far. */
export function findLazyMessage(typeName: string): DescMessage | undefined {
  return messages.get(typeName);
}

/** Describes the service with the given full name. */
export function lazyService(file: LazyFile, typeName: string): DescService {
  return new LazyService(typeName, () =>
    getPresent(file.load().services.find((service) => service.typeName === typeName)),
  );
}

/** Creates an enum object as TypeScript does: names to numbers and numbers to names. */
export function lazyEnum(values: Readonly<Record<string, number>>): Record<string, string | number> {
  const names = Object.entries(values).map(([name, value]) => [value, name] as const);
  return { ...Object.fromEntries(names.reverse()), ...values };
}

const messages = new Map<string, DescMessage>();

function findMessage(file: DescFile, [first = 0, ...rest]: readonly number[]): DescMessage {
  const message = getPresent(file.messages[first]);
  return rest.reduce((parent, index) => getPresent(parent.nestedMessages[index]), message);
}

function getPresent<T>(descriptor: T | undefined): T {
  if (descriptor === undefined) throw new TypeError('The generated module does not match its descriptors');
  return descriptor;
}

class LazyDescriptor<T extends DescMessage | DescService> {
  readonly typeName: string;
  readonly #load: () => T;
  #descriptor: T | undefined;

  constructor(typeName: string, load: () => T) {
    this.typeName = typeName;
    this.#load = load;
  }

  protected get descriptor(): T {
    return (this.#descriptor ??= this.#load());
  }

  get name(): string {
    return this.descriptor.name;
  }

  get file(): DescFile {
    return this.descriptor.file;
  }

  get deprecated(): boolean {
    return this.descriptor.deprecated;
  }

  get proto(): T['proto'] {
    return this.descriptor.proto;
  }
}

class LazyMessage extends LazyDescriptor<DescMessage> implements DescMessage {
  readonly kind = 'message';

  get parent(): DescMessage | undefined {
    return this.descriptor.parent;
  }

  get fields(): DescField[] {
    return this.descriptor.fields;
  }

  get field(): Record<string, DescField> {
    return this.descriptor.field;
  }

  get oneofs(): DescOneof[] {
    return this.descriptor.oneofs;
  }

  get members(): (DescField | DescOneof)[] {
    return this.descriptor.members;
  }

  get nestedEnums(): DescEnum[] {
    return this.descriptor.nestedEnums;
  }

  get nestedMessages(): DescMessage[] {
    return this.descriptor.nestedMessages;
  }

  get nestedExtensions(): DescExtension[] {
    return this.descriptor.nestedExtensions;
  }

  override toString(): string {
    return `message ${this.typeName}`;
  }
}

class LazyService extends LazyDescriptor<DescService> implements DescService {
  readonly kind = 'service';

  get methods(): DescMethod[] {
    return this.descriptor.methods;
  }

  get method(): Record<string, DescMethod> {
    return this.descriptor.method;
  }

  override toString(): string {
    return `service ${this.typeName}`;
  }
}
