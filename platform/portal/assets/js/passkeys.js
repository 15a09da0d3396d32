// Passkeys: asks the platform what to sign, the browser to have it signed, and the platform to check it.

export function mountPasskeys() {
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) return; // the page says so instead
  const form = document.querySelector("[data-passkey-add]");
  if (form) {
    form.hidden = false;
    document.querySelector("[data-passkey-missing]").hidden = true;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(form, form.querySelector(".err"), async () => {
        const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await ask(form.dataset.options, {}));
        const credential = await navigator.credentials.create({ publicKey });
        return ask(form.dataset.verify, { label: form.elements.label.value, credential: credential.toJSON() });
      });
    });
  }
  const button = document.querySelector("[data-passkey-sign-in]");
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () =>
      attempt(button, document.querySelector("[data-passkey-error]"), async () => {
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await ask(button.dataset.options, {}));
        const credential = await navigator.credentials.get({ publicKey });
        return ask(button.dataset.verify, credential.toJSON());
      }),
    );
  }
}

async function attempt(element, words, work) {
  words.hidden = true;
  try {
    window.location.assign((await work()).next);
  } catch (error) {
    // The browser's own refusals (cancelled, timed out) are told in our words, the platform's in its.
    words.textContent = error instanceof Refused ? error.message : element.dataset.failed;
    words.hidden = false;
  }
}

class Refused extends Error {}

async function ask(address, body) {
  const token = document.querySelector('input[name="csrf_token"]').value;
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token, Accept: "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(answer.error ?? response.statusText);
  return answer;
}
