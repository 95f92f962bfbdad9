"""One endpoint that just works: every way around the SDKs' `data-` host prefix, executed with the real clients."""
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import harness

DISCOVER = ["servicediscovery", "discover-instances", "--namespace-name", "shop", "--service-name", "web"]


class Endpoint(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.api.service("web", cls.api.namespace("shop", "CreateHttpNamespace"), records=())
        cls.api.register(cls.service, "web-1", a="b")

    def settings(self, client):
        done = harness.waypost("env", "--for", client, environment={"WAYPOST_ENDPOINT": self.server.url})
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def shell(self, script, **environment):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=120, cwd=self.server.folder,
                              env=harness.clean_environment(self.server.folder, AWS_EC2_METADATA_DISABLED="true", **environment))
        self.assertEqual(0, done.returncode, script + "\n" + done.stdout + done.stderr)
        return done.stdout

    def test_userinfo(self):
        found = self.server.aws(*DISCOVER[1:])
        self.assertEqual(["web-1"], [i["InstanceId"] for i in found["Instances"]])

    def test_proxy_with_any_name(self):
        for variable in "HTTP_PROXY", "http_proxy":
            found = self.server.aws(*DISCOVER[1:], endpoint="http://servicediscovery.any-name.invalid", environment={variable: self.server.url})
            self.assertEqual(["web-1"], [i["InstanceId"] for i in found["Instances"]])

    def test_boto3(self):
        found = self.server.boto3().discover_instances(NamespaceName="shop", ServiceName="web")
        self.assertEqual(1, len(found["Instances"]))

    def test_newer_clis(self):
        """A CLI on PATH that is not Debian's, such as version 1 of 2025: it knows AWS_DISABLE_HOST_PREFIX_INJECTION."""
        other = next((path for path in (os.path.join(folder, "aws") for folder in os.environ.get("PATH", "").split(":"))
                      if os.path.exists(path) and os.path.realpath(path) != os.path.realpath(harness.AWS)), None)
        if other is None:
            self.skipTest("no second AWS CLI here")
        environment = harness.clean_environment(os.path.expanduser("~"), **harness.AWS_KEYS, AWS_DISABLE_HOST_PREFIX_INJECTION="true",
                                                AWS_ENDPOINT_URL_SERVICEDISCOVERY=self.server.url)
        version = subprocess.run([other, "--version"], capture_output=True, text=True, timeout=60, env=environment).stdout
        numbers = [int(n) for n in re.match(r"aws-cli/(\d+)\.(\d+)", version).groups()]
        if numbers < ([1, 40] if numbers[0] == 1 else [2, 27]):
            self.skipTest(f"{version.strip()} is older than the setting")
        done = subprocess.run([other, *DISCOVER, "--output", "text"], capture_output=True, text=True, timeout=120, env=environment)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("web-1", done.stdout)

    def test_identity(self):
        said = self.server.aws("get-caller-identity", service="sts")
        self.assertEqual("000000000000", said["Account"])
        self.assertRegex(said["Arn"], r"\Aarn:aws:(iam|sts)::000000000000:")
        self.assertTrue(said["UserId"])
        self.assertEqual("000000000000", self.server.boto3("sts").get_caller_identity()["Account"])

    def test_identity_as_xml(self):
        connection = harness.http.client.HTTPConnection(*harness.split_address(self.server.http), timeout=10)
        connection.request("POST", "/", "Action=GetCallerIdentity&Version=2011-06-15", {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
        response = connection.getresponse()
        root = xml.etree.ElementTree.fromstring(response.read())
        self.assertEqual((200, "{https://sts.amazonaws.com/doc/2011-06-15/}GetCallerIdentityResponse"), (response.status, root.tag))
        self.assertTrue(response.headers["Content-Type"].startswith("text/xml"))
        connection.request("POST", "/", "Action=DropEverything&Version=2011-06-15", {"Content-Type": "application/x-www-form-urlencoded"})
        response = connection.getresponse()
        self.assertEqual(400, response.status)
        self.assertTrue(xml.etree.ElementTree.fromstring(response.read()).tag.endswith("ErrorResponse"))
        connection.close()

    # What `waypost env` prints is run as it is.

    def test_env_for_cli(self):
        """In a shell that has evaluated what was printed, its alias finds this server."""
        script = self.settings("cli")
        alias = re.search(r"^alias (\w+)='(.*)'$", script, re.M)
        self.assertIsNotNone(alias, script)
        words = DISCOVER[1:] if alias.group(2).endswith(" servicediscovery") else DISCOVER
        out = self.shell(f"shopt -s expand_aliases\nPATH={os.path.dirname(harness.AWS)}:$PATH\n{script}\n"
                         f"{alias.group(1)} {' '.join(words)} --query 'Instances[].InstanceId' --output text\n")
        self.assertEqual("web-1", out.strip())

    def test_env_for_boto3(self):
        code = self.settings("boto3") + (
            "\nfound = [v for v in list(globals().values()) if hasattr(v, 'discover_instances')]"
            "\nprint(found[0].discover_instances(NamespaceName='shop', ServiceName='web')['Instances'][0]['InstanceId'])\n")
        done = subprocess.run([sys.executable, "-B", "-"], input=code, capture_output=True, text=True, timeout=60, cwd=self.server.folder,
                              env=harness.clean_environment(self.server.folder, AWS_EC2_METADATA_DISABLED="true"))
        self.assertEqual((0, "web-1"), (done.returncode, done.stdout.strip()), code + done.stderr)

    def test_env_for_js(self):
        code = self.settings("js")
        self.assertIn("disableHostPrefix: true", code)
        self.assertIn(self.server.http, code)
        if shutil.which("node"):
            done = subprocess.run(["node", "--input-type=module", "--check"], input=code, capture_output=True, text=True, timeout=60)
            self.assertEqual(0, done.returncode, code + done.stderr)

    def test_env_for_the_others(self):
        for client, words in (("go", "DisableEndpointHostPrefix"), ("java", "endpointOverride"), ("terraform", "servicediscovery")):
            with self.subTest(client=client):
                said = self.settings(client)
                self.assertIn(words, said)
                self.assertIn(self.server.http.rsplit(":", 1)[1], said)
        self.assertEqual(2, harness.waypost("env", "--for", "cobol", environment={"WAYPOST_ENDPOINT": self.server.url}).returncode)
        self.assertEqual(0, harness.waypost("env", environment={"WAYPOST_ENDPOINT": self.server.url}).returncode)
        done = harness.waypost("env", "--for", "cli", "--endpoint", self.server.url)
        self.assertEqual((0, True), (done.returncode, self.server.http in done.stdout))

    def test_env_without_a_server(self):
        done = harness.waypost("env", "--for", "cli", "--endpoint", "http://127.0.0.1:9")
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertEqual(1, len(done.stderr.strip().splitlines()), done.stderr)


if __name__ == "__main__":
    harness.main()
