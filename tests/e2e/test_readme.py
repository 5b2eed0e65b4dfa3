"""The README's commands against the running stack, in its order."""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_readme_from_top_to_bottom(pipeline, oracle, looks_like):
    etags = {sample.name: pipeline.upload(sample.name, sample.content) for sample in oracle.samples()}
    for name, etag in etags.items():  # what `make run` does before it says that it serves
        pipeline.settled(name, etag)
    pipeline.report("weather_by_month", "2015-12")
    port = str(urlsplit(pipeline.stack.host_url).port)
    environment = {**os.environ, "PORT": port, "FUNCTION_KEY": pipeline.stack.key()}
    ran = 0
    for language, text in BLOCK.findall(README):
        if language == "python":
            connection = pipeline.stack.settings["Storage"]
            script = text.replace('settings["Storage"]', repr(connection))
            subprocess.run([ROOT / ".venv/bin/python", "-c", script], cwd=ROOT, check=True)
            pipeline.appeared("sales-2026/november.csv")
            pipeline.report("sales-2026")
            continue
        for command, output in re.findall(r"^\$ (curl.*|.*devstack smoke)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
            here = command.replace("http://127.0.0.1:7071", pipeline.stack.host_url)
            here = here.replace("curl -s", f"curl -s -H 'x-functions-key: {pipeline.stack.key()}'", 1)
            printed = subprocess.run(
                here, shell=True, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
            ).stdout
            looks_like(printed.strip() + "\n", output)
            ran += 1
    assert ran == 4
