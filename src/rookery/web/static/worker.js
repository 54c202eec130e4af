// Shows what the server pushes, and opens it when it is tapped. Nothing is kept, nothing is fetched.
// @ts-check
const worker = /** @type {any} */ (self);

worker.addEventListener("push", (/** @type {any} */ event) => {
  /** @type {{title?: string, body?: string, icon?: string, url?: string, notification_id?: number}} */
  let told = {};
  try {
    told = event.data ? event.data.json() : {};
  } catch {
    // A browser must show something for every push; the name of the place is what is left.
  }
  const shown = { body: told.body, icon: told.icon, tag: String(told.notification_id), data: { url: told.url } };
  event.waitUntil(worker.registration.showNotification(told.title || worker.location.host, shown));
});

worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url || "/notifications", worker.location.origin);
  if (url.origin === worker.location.origin) event.waitUntil(worker.clients.openWindow(url.href));
});
