// One file to the storage, with its progress: which fetch cannot tell, so this is an XMLHttpRequest.

import { Problem } from "./api.js";

/** `target`: what POST /uploads answered. `onProgress` is told the share that is sent. Raises Problem. */
export function send(file, { method, url, headers }, onProgress) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open(method, url);
    for (const [name, value] of Object.entries(headers)) call.setRequestHeader(name, value);
    call.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    call.onload = () => {
      if (call.status >= 200 && call.status < 300) resolve();
      else reject(refused(call.status));
    };
    call.onerror = () => reject(new Problem("Not uploaded", "The storage does not answer, or does not take uploads from this page (CORS)."));
    call.send(file);
  });
}

function refused(status) {
  const detail = status === 403 ? "The permission to upload has run out. Try again." : `The storage refused the file (${status}).`;
  return new Problem("Not uploaded", detail, { status });
}
