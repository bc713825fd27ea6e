import { configMPServerSIDCache, NssContext, shutdownServerSessionIDCache } from "@nss/nss";
import { makeServerIdentity, Servers } from "./_servers.ts";
import { Clients } from "./_clients.ts";
Deno.test("x", async () => {
  const context = new NssContext();
  const inheritance = await configMPServerSIDCache({ context });
  try {
    await using servers = new Servers({ ...await makeServerIdentity(), inheritance });
    let t = performance.now();
    await servers.startAll(4);
    console.log("start", performance.now() - t);
    t = performance.now();
    await using clients = new Clients(
      Number(Deno.env.get("N") ?? 200),
      servers.port,
      servers.certificate,
    );
    await clients.each((c) => c.connect());
    console.log("connect", performance.now() - t);
    for (let i = 0; i < 3; i++) {
      t = performance.now();
      await clients.reconnect();
      console.log("round", performance.now() - t);
    }
    await clients.talk();
    console.log(clients.tally, clients.tally.share);
    console.log(JSON.stringify(await servers.states()));
    console.log(servers.running.map((i) => servers.processorTime(i)));
  } finally {
    await shutdownServerSessionIDCache({ context });
  }
});
