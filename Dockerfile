# The app on Microsoft's Functions host, as an image: for compose.yaml, or for a container platform of your own.
# On Azure Functions nobody needs it: there the app is published as a package (docs/deploy.md).

FROM mcr.microsoft.com/azure-functions/python:4-python3.13 AS app

# Port 80 is for root alone. The host writes keys and logs below its own folder and /home, nothing else.
ENV ASPNETCORE_URLS=http://+:7071 \
    AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__FileWatchingEnabled=false \
    AzureFunctionsJobHost__Logging__FileLoggingMode=Never \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true
EXPOSE 7071

COPY requirements.txt /
RUN pip install --no-cache-dir --requirement /requirements.txt

RUN useradd --system --uid 10001 --no-create-home app \
    && mkdir -p /azure-functions-host/Secrets /home/LogFiles /home/data \
    && chown -R app /azure-functions-host/Secrets /home

COPY host.json function_app.py datasets.toml requirements.txt /home/site/wwwroot/
COPY blueprints /home/site/wwwroot/blueprints
COPY shared /home/site/wwwroot/shared
COPY web /home/site/wwwroot/web

USER app


# The app's image and the tools of the local stack: makes what the app expects in the emulators, and tests the app.
FROM app AS tools
COPY devstack /tools/devstack
WORKDIR /tools
ENTRYPOINT ["python", "-m", "devstack"]
