/**
 * Keeps this process polling until the work is done. A client that sleeps must be woken by the server's write, and the
 * kernel charges the server for that: several times the cost of the write itself on a virtual machine, and only for the
 * slower server, since the faster one keeps the client busy.
 */
export async function stayAwake(work: Promise<unknown>): Promise<void> {
  let isDone = false;
  const poll = () => {
    if (!isDone) setImmediate(poll);
  };
  poll();
  await work.finally(() => (isDone = true));
}
