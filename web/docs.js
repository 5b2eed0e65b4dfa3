// Shows openapi.json with Swagger UI. The key is the one that the dashboard keeps for this tab, if it has one.

const dark = matchMedia("(prefers-color-scheme: dark)");
const followColours = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
followColours();
dark.addEventListener("change", followColours);

const page = window.SwaggerUIBundle({
  dom_id: "#docs",
  url: "openapi.json",
  validatorUrl: null, // or it would ask a server of its own
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  onComplete() {
    const key = sessionStorage.getItem("function-key");
    if (key) page.preauthorizeApiKey("functionKey", key);
  },
});
