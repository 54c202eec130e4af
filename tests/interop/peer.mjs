// A small server made with Fedify: people who can be followed, what they wrote, and a memory of what came into their
// inboxes. Tests tell it what to do on /control. Arguments: port, the signatures it tries first, names of its people.
import { createServer } from "node:http";
import { createFederation, exportJwk, generateCryptoKeyPair, importJwk, MemoryKvStore, verifyObject } from "@fedify/fedify";
import { Accept, Activity, Endpoints, Follow, Image, Note, Object as Thing, Person, Undo, lookupObject } from "@fedify/vocab";

const [port, firstKnock, ...names] = process.argv.slice(2);
const origin = `http://localhost:${port}`;
const received = [];
const refused = [];
const proved = [];
const notes = new Map();
const followers = new Map(names.map((name) => [name, new Map()]));
const keys = new Map();
for (const name of names) {
  keys.set(name, [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")]);
}

const federation = createFederation({
  kv: new MemoryKvStore(), origin, allowPrivateAddress: true, firstKnock,
  // Deliveries are sent at once; the test that asks for one learns whether it was taken.
});
federation
  .setActorDispatcher("/users/{identifier}", async (ctx, name) => {
    if (!names.includes(name)) return null;
    const pairs = await ctx.getActorKeyPairs(name);
    return new Person({
      id: ctx.getActorUri(name), preferredUsername: name, name: `${name} of Fedify`, summary: "<p>made with <b>Fedify</b></p>",
      url: new URL(`/users/${name}`, origin), inbox: ctx.getInboxUri(name), outbox: ctx.getOutboxUri(name),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }), followers: ctx.getFollowersUri(name),
      icon: new Image({ url: new URL("/icon.png", origin), mediaType: "image/png" }),
      publicKey: pairs[0].cryptographicKey, assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((ctx, name) => keys.get(name) ?? []);
federation.setFollowersDispatcher("/users/{identifier}/followers", (ctx, name) => ({ items: [...followers.get(name).values()] }));
federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));
federation.setObjectDispatcher(Note, "/users/{name}/notes/{id}", async (ctx, { name, id }) => {
  const found = notes.get(`/users/${name}/notes/${id}`);
  return found ? await Note.fromJsonLd(found, ctx) : null;
});
federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(Activity, async (ctx, activity) => {
    received.push(await activity.toJsonLd({ ...ctx, format: "compact" }));
    if (activity instanceof Follow) await accept(ctx, activity);
    if (activity instanceof Undo && (await activity.getObject(ctx)) instanceof Follow) forget(activity);
  })
  .onError((ctx, error) => { refused.push(String(error)); });

async function accept(ctx, follow) {
  const name = ctx.parseUri(follow.objectId)?.identifier;
  const follower = await follow.getActor(ctx);
  if (!name || !follower) return;
  followers.get(name).set(follower.id.href, follower);
  const answer = new Accept({ id: new URL(`#accepts/${crypto.randomUUID()}`, ctx.getActorUri(name)), actor: follow.objectId, object: follow });
  await ctx.sendActivity({ identifier: name }, follower, answer);
}

function forget(undo) {
  for (const list of followers.values()) list.delete(undo.actorId.href);
}

const context = () => federation.createContext(new URL(origin), undefined);
const doing = {
  // The activity, in JSON, goes from one of us to somebody: {name, to, activity}.
  async send({ name, to, activity }) {
    const ctx = context();
    const recipient = await lookupObject(to, ctx);
    await ctx.sendActivity({ identifier: name }, recipient, await Activity.fromJsonLd(activity, ctx));
    return {};
  },
  // The same to all who follow.
  async publish({ name, activity }) {
    const ctx = context();
    await ctx.sendActivity({ identifier: name }, [...followers.get(name).values()], await Activity.fromJsonLd(activity, ctx));
    return {};
  },
  async keep({ path, note }) {
    notes.set(path, note);
    return {};
  },
  // What stands at an address of others, asked for with a signature.
  async look({ name, address }) {
    const ctx = context();
    const documentLoader = await ctx.getDocumentLoader({ identifier: name });
    const found = await lookupObject(address, { ...ctx, documentLoader, allowPrivateAddress: true });
    return found ? await found.toJsonLd({ ...ctx, format: "compact" }) : null;
  },
  received: async () => ({ received, refused, proved, followers: names.map((name) => [name, [...followers.get(name).keys()]]) }),
};

async function control(request) {
  const { what, ...more } = await request.json();
  try {
    return Response.json(await doing[what](more));
  } catch (error) {
    return Response.json({ error: String(error?.stack ?? error) }, { status: 500 });
  }
}

async function answer(request) {
  const path = new URL(request.url).pathname;
  if (path === "/control") return control(request);
  if (path === "/icon.png") return new Response(ICON, { headers: { "content-type": "image/png" } });
  if (path.endsWith("/inbox")) await judgeProof(await request.clone().json());
  return federation.fetch(request, { contextData: undefined });
}

// Whether the activity carries a proof by its actor that holds without the signature of the request (FEP-8b32).
async function judgeProof(activity) {
  if (await verifyObject(Activity, activity, context())) proved.push(activity.id);
}

const ICON = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg==", "base64");

createServer(async (incoming, outgoing) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = ["GET", "HEAD"].includes(incoming.method) ? undefined : Buffer.concat(chunks);
  const request = new Request(origin + incoming.url, { method: incoming.method, headers: incoming.headers, body });
  const reply = await answer(request);
  outgoing.writeHead(reply.status, Object.fromEntries(reply.headers));
  outgoing.end(Buffer.from(await reply.arrayBuffer()));
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
