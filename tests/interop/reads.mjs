// Reads addresses with Fedify and prints what it understood, one JSON object a line.
// Arguments: the name, then what to do: finger, object or collection; then the address.
import { getDocumentLoader } from "@fedify/fedify";
import { isActor, lookupObject, traverseCollection } from "@fedify/vocab";
import { lookupWebFinger } from "@fedify/webfinger";

const documentLoader = getDocumentLoader({ allowPrivateAddress: true });
const options = { documentLoader, contextLoader: documentLoader, allowPrivateAddress: true };

async function told(object) {
  if (object == null) return null;
  const common = { type: object.constructor.name, id: object.id?.href ?? null };
  if (isActor(object)) {
    const keys = [];
    for await (const key of object.getPublicKeys(options)) {
      keys.push({ id: key.id.href, owner: key.ownerId.href, algorithm: key.publicKey?.algorithm.name ?? null });
    }
    const methods = [];
    for await (const method of object.getAssertionMethods(options)) {
      methods.push({ id: method.id.href, controller: method.controllerId.href, algorithm: method.publicKey?.algorithm.name });
    }
    return {
      ...common, name: object.name?.toString() ?? null, username: object.preferredUsername?.toString() ?? null, keys, methods,
      inbox: object.inboxId?.href ?? null, outbox: object.outboxId?.href ?? null, followers: object.followersId?.href ?? null,
      featured: object.featuredId?.href ?? null, shared: object.endpoints?.sharedInbox?.href ?? null,
      locked: object.manuallyApprovesFollowers ?? null,
    };
  }
  const tags = [];
  if (object.getTags) for await (const tag of object.getTags(options)) tags.push([tag.constructor.name, tag.name?.toString()]);
  return {
    ...common, tags, content: object.content?.toString() ?? null, summary: object.summary?.toString() ?? null,
    author: object.attributionId?.href ?? null, to: (object.toIds ?? []).map((id) => id.href),
    cc: (object.ccIds ?? []).map((id) => id.href), total: object.totalItems ?? null, object: object.objectId?.href ?? null,
    replyTo: object.replyTargetId?.href ?? null, replies: object.repliesId?.href ?? null,
  };
}

async function listed(address) {
  const items = [];
  const collection = await lookupObject(address, options);
  for await (const item of traverseCollection(collection, options)) items.push(await told(item));
  return { total: collection.totalItems, items };
}

const doing = {
  finger: (address) => lookupWebFinger(address, { allowPrivateAddress: true }),
  object: async (address) => told(await lookupObject(address, options)),
  collection: listed,
};
for (const [what, address] of JSON.parse(process.argv[2])) {
  let answer;
  try {
    answer = await doing[what](address);
  } catch (error) {
    answer = { error: String(error) };
  }
  console.log(JSON.stringify(answer));
}
process.exit(0);
