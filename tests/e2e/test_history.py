"""Conversations that outlive the server: on its disk, and sealed in an object storage: moto, which does not check signatures,
and a small one that does, by botocore."""

import datetime
import http.server
import json
import logging
import os
import shutil
import threading
import time
import unittest
from unittest import mock

import support
from history_crash import MODEL, Crashes

try:
    import boto3
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
except ImportError:
    boto3 = ThreadedMotoServer = None

FIRST_KEY, SECOND_KEY = "11" * 32, "22" * 32
BUCKET = "history"


def ask(server, text, previous=None, key=None):
    body = {"model": MODEL, "input": text, "max_output_tokens": 4, "temperature": 0}
    if previous:
        body["previous_response_id"] = previous
    status, answer = server.request("POST", "/v1/responses", body, {"Authorization": "Bearer " + key} if key else None)
    assert status == 200, answer
    return json.loads(answer)


def wait_for(what, condition):
    end = time.monotonic() + support.TIMEOUT
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


class Stored(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = support.Home()
        cls.addClassCleanup(cls.home.remove)

    def setUp(self):
        self.folder = self.home.path / self.id().rpartition(".")[2]

    def write_config(self, cold=""):
        config = self.home.path / "history.yaml"
        config.write_text(f"storage: {{hot: {{path: {self.folder}}}{cold}}}\n")
        return config

    def start(self, config):
        server = support.Server(self.home, "--config", str(config), no_proxy="127.0.0.1")
        self.addCleanup(server.__exit__)
        return server

    def stop(self, server):
        server.terminate()
        self.assertEqual(server.wait(), 0, server.log)
        return "".join(server.log)

    def assert_missing(self, server, identity):
        self.assertEqual(server.request("GET", "/v1/responses/" + identity)[0], 404)


class OnDisk(Stored):
    def test_a_conversation_goes_on_after_a_restart(self):
        config = self.write_config()
        server = self.start(config)
        first = ask(server, "My name is Ann.")
        gone = ask(server, "Forget this.")
        self.assertEqual(server.request("DELETE", "/v1/responses/" + gone["id"])[0], 200)
        self.stop(server)
        server = self.start(config)
        self.assertEqual(json.loads(server.request("GET", "/v1/responses/" + first["id"])[1]), first)
        self.assert_missing(server, gone["id"])
        second = ask(server, "What is my name?", first["id"])
        self.assertGreater(second["usage"]["input_tokens"], first["usage"]["input_tokens"])
        self.assertEqual(server.metric("pincer_history_turns"), 2)
        self.stop(server)

    def test_nothing_acknowledged_is_lost_when_it_is_killed(self):
        crashes = Crashes(self.home, self.write_config(), self.folder, seed=time.time_ns())
        for _ in range(5):
            crashes.run()
        crashes.check()
        self.assertEqual((crashes.lost, crashes.half_written, crashes.came_back), ([], [], []))

    def test_a_folder_that_cannot_be_used_is_said_at_the_start(self):
        self.folder.write_text("a file")
        done = support.run(self.home, "serve", "--listen", "http://127.0.0.1:0", "--config", self.write_config())
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(self.folder), done.stderr)
        self.assertIn("storage.hot.path", done.stderr)

    def test_two_servers_do_not_share_a_folder(self):
        config = self.write_config()
        server = self.start(config)
        done = support.run(self.home, "serve", "--listen", "http://127.0.0.1:0", "--config", config)
        self.assertEqual(done.returncode, 1)
        self.assertIn("another process uses the conversations", done.stderr)
        self.stop(server)


class WithSecrets(Stored):
    def write_secret(self, name, text):
        path = self.home.path / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path

    def cold_config(self, endpoint, bucket, credentials="id\nsecret"):
        return self.write_config(f", cold: {{s3: {{endpoint: '{endpoint}', bucket: {bucket}, prefix: pincer/, credentials_file: "
                                 f"{self.write_secret('s3.txt', credentials)}}}, key_file: {self.keys}}}")

    def refusal(self, server, identity):
        status, body = server.request("GET", "/v1/responses/" + identity)
        return status, json.loads(body)["error"]

    def settle(self, server):
        wait_for("cold storage did not get it", lambda: server.metric("pincer_history_pending") == 0)


@unittest.skipUnless(ThreadedMotoServer, "moto is not installed")
class InColdStorage(WithSecrets):
    def setUp(self):
        super().setUp()
        moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        moto.start()
        self.addCleanup(moto.stop)
        self.endpoint = "http://%s:%s" % moto.get_host_and_port()
        self.s3 = boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id="id",
                               aws_secret_access_key="secret")
        self.s3.create_bucket(Bucket=BUCKET)
        self.addCleanup(self.empty_bucket)  # moto's buckets belong to the process
        self.keys = self.write_secret("keys.txt", FIRST_KEY)

    def empty_bucket(self):
        for name in self.objects():
            self.s3.delete_object(Bucket=BUCKET, Key=name)
        self.s3.delete_bucket(Bucket=BUCKET)

    def config(self, bucket=BUCKET):
        return self.cold_config(self.endpoint, bucket)

    def objects(self):
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def bytes_of(self, name):
        return self.s3.get_object(Bucket=BUCKET, Key=name)["Body"].read()

    def stored_then_lost(self, *texts, **more):
        """Responses that are in cold storage only."""
        server = self.start(self.config())
        responses = [ask(server, text, **more) for text in texts]
        self.settle(server)
        self.stop(server)
        shutil.rmtree(self.folder)
        return responses

    def test_a_lost_disk_is_made_up_for(self):
        first, = self.stored_then_lost("My name is Ann.", key="the-key-of-ann")
        name = "pincer/turns/" + first["id"]
        self.assertEqual(self.objects(), [name])
        sealed = self.bytes_of(name)
        for legible in (b"Ann", b"ann", first["id"].encode(), b"role"):
            self.assertNotIn(legible, sealed)
        server = self.start(self.config())
        self.assert_missing(server, first["id"])  # without the key
        second = ask(server, "What is my name?", first["id"], key="the-key-of-ann")
        self.assertGreater(second["usage"]["input_tokens"], first["usage"]["input_tokens"])
        self.assertEqual(server.metric("pincer_history_restored_total"), 1)
        self.assertEqual(server.metric("pincer_history_turns"), 2)
        self.stop(server)

    def test_another_key_is_said(self):
        first, = self.stored_then_lost("Hi")
        self.keys.write_text(SECOND_KEY + "\n")
        server = self.start(self.config())
        status, error = self.refusal(server, first["id"])
        self.assertEqual((status, error["code"]), (500, "history_unreadable"))
        self.assertIn("is sealed with key", error["message"])
        self.assertIn("which the key file does not hold", error["message"])
        self.stop(server)

    def test_keys_can_be_rotated(self):
        first, = self.stored_then_lost("Hi")
        self.keys.write_text(FIRST_KEY + "\n" + SECOND_KEY + "\n")
        server = self.start(self.config())
        second = ask(server, "And?", first["id"])
        self.settle(server)
        ids = {self.bytes_of("pincer/turns/" + each["id"])[5:13] for each in (first, second)}
        self.assertEqual(len(ids), 2)
        self.stop(server)

    def test_a_changed_object_is_said(self):
        first, second = self.stored_then_lost("Hi", "Ho")
        name = "pincer/turns/" + first["id"]
        sealed = bytearray(self.bytes_of(name))
        sealed[len(sealed) // 2] ^= 1
        self.s3.put_object(Bucket=BUCKET, Key=name, Body=bytes(sealed))
        server = self.start(self.config())
        status, error = self.refusal(server, first["id"])
        self.assertEqual((status, error["code"]), (500, "history_unreadable"))
        self.assertIn("was changed", error["message"])
        self.assertEqual(server.request("GET", "/v1/responses/" + second["id"])[0], 200)
        self.stop(server)

    def test_a_missing_bucket_is_said_and_waited_for(self):
        server = self.start(self.config(bucket="nowhere"))
        first = ask(server, "Hi")
        self.assertTrue(first["store"])
        wait_for("no failure", lambda: server.metric("pincer_history_archive_failures_total") > 0)
        self.assertEqual(server.metric("pincer_history_pending"), 1)
        status, error = self.refusal(server, "resp_unknown")
        self.assertEqual((status, error["code"]), (503, "history_unavailable"))
        self.assertIn("there is no bucket 'nowhere'", error["message"])
        self.assertIn("there is no bucket 'nowhere'", self.stop(server))
        server = self.start(self.config())
        self.settle(server)
        self.assertEqual(self.objects(), ["pincer/turns/" + first["id"]])
        self.stop(server)

    def test_deleting_deletes_everywhere(self):
        first, second = self.stored_then_lost("Hi", "Ho")
        server = self.start(self.config())
        self.assertEqual(server.request("DELETE", "/v1/responses/" + first["id"])[0], 200)
        self.settle(server)
        self.assertEqual(self.objects(), ["pincer/turns/" + second["id"]])
        self.assert_missing(server, first["id"])
        self.stop(server)

    def test_what_was_not_archived_when_it_was_killed_is_archived_later(self):
        server = self.start(self.config())
        responses = [ask(server, "Hi") for _ in range(5)]
        server.process.kill()
        server.process.wait()
        server = self.start(self.config())
        self.settle(server)
        self.assertEqual(self.objects(), sorted("pincer/turns/" + each["id"] for each in responses))
        self.stop(server)



class StrictS3(http.server.BaseHTTPRequestHandler):
    """Objects for those whose requests are signed as botocore would."""

    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, code, more=""):
        self.answer(status, f"<Error><Code>{code}</Code><Message>Refused.</Message>{more}</Error>".encode())

    def signature(self):
        given = self.headers["Authorization"]
        names = given.split("SignedHeaders=")[1].split(",")[0].split(";")
        region = given.split("Credential=")[1].split("/")[2]
        request = AWSRequest(method=self.command, url=f"http://{self.headers['host']}{self.path}", data=self.body,
                             headers={name: self.headers[name] for name in names if name != "x-amz-date"})
        now = datetime.datetime.strptime(self.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
        with mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: now):
            S3SigV4Auth(Credentials("id", self.server.secret), "s3", region).add_auth(request)
        return request.headers["Authorization"]

    def serve(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        objects = self.server.objects
        if self.server.skewed:
            self.refuse(403, "RequestTimeTooSkewed", "<ServerTime>2001-02-03T04:05:06Z</ServerTime>")
        elif self.headers["Authorization"] != self.signature():
            self.refuse(403, "SignatureDoesNotMatch")
        elif self.command == "PUT":
            objects[self.path] = self.body
            self.answer(200)
        elif self.path not in objects:
            self.refuse(404, "NoSuchKey")
        else:
            self.answer(200, objects[self.path])

    do_PUT = do_GET = serve

    def log_message(self, *_):
        pass


@unittest.skipUnless(ThreadedMotoServer, "botocore is not installed")
class Signed(WithSecrets):
    def setUp(self):
        super().setUp()
        self.storage = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StrictS3)
        self.storage.objects, self.storage.secret, self.storage.skewed = {}, "secret", False
        threading.Thread(target=self.storage.serve_forever, daemon=True).start()
        self.addCleanup(self.storage.server_close)
        self.addCleanup(self.storage.shutdown)
        self.keys = self.write_secret("keys.txt", FIRST_KEY)

    def config(self, **more):
        return self.cold_config("http://127.0.0.1:%d" % self.storage.server_address[1], BUCKET, **more)

    def assert_waits(self, server, *said):
        """Turns are taken, and cold storage refuses them; what the server says of it."""
        self.assertTrue(ask(server, "Hi")["store"])
        wait_for("no failure", lambda: server.metric("pincer_history_archive_failures_total") > 0)
        status, error = self.refusal(server, "resp_unknown")
        self.assertEqual((status, error["code"]), (503, "history_unavailable"))
        for each in said:
            self.assertIn(each, error["message"])
        self.assertEqual(server.metric("pincer_history_pending"), 1)

    def test_requests_are_signed_as_botocore_would(self):
        server = self.start(self.config())
        first = ask(server, "Hi")
        self.settle(server)
        self.assertEqual(list(self.storage.objects), [f"/{BUCKET}/pincer/turns/{first['id']}"])
        self.stop(server)
        shutil.rmtree(self.folder)
        server = self.start(self.config())
        self.assertEqual(server.request("GET", "/v1/responses/" + first["id"])[0], 200)
        self.assert_missing(server, "resp_unknown")
        self.stop(server)

    def test_a_wrong_secret_is_said_and_not_shown(self):
        server = self.start(self.config(credentials="id\nanother-secret"))
        self.assert_waits(server, "does not take the credentials 'id'", "SignatureDoesNotMatch")
        self.assertNotIn("another-secret", self.stop(server))

    def test_clocks_that_differ_are_both_said(self):
        self.storage.skewed = True
        server = self.start(self.config())
        today = datetime.datetime.now(datetime.timezone.utc).strftime("it is %Y-")
        self.assert_waits(server, "the clocks differ", today, "2001-02-03T04:05:06Z there")
        self.storage.skewed = False
        self.settle(server)
        self.stop(server)


if __name__ == "__main__":
    os.environ.setdefault("no_proxy", "127.0.0.1")
    unittest.main()
