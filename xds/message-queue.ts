/** A queue with one reader: messages wait until they are iterated over. */
export interface MessageQueue<T> extends AsyncIterable<T> {
  /** Adds a message; ignored after the end. */
  push(message: T): void;
  /** Ends the iteration once the messages before it are read. */
  end(): void;
}

export function createMessageQueue<T>(): MessageQueue<T> {
  const messages: T[] = [];
  let isEnded = false;
  let wake: (() => void) | undefined;

  return {
    push(message) {
      if (isEnded) return;
      messages.push(message);
      wake?.();
    },
    end() {
      isEnded = true;
      wake?.();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const message = messages.shift();
        if (message !== undefined) yield message;
        else if (isEnded) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
