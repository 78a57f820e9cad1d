"""The Python runtime of a function process: bootstrap.mjs for Python (aws.md 2.4 and 2.10)."""

import http.client
import importlib
import json
import os
import sys
import time
import traceback

BASE = "/2018-06-01/runtime"
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, body=None, headers=None):
    """One call of the Runtime API; the connection is kept for the next one."""
    connection.request(method, BASE + path, body, headers or {})
    response = connection.getresponse()
    return response.headers, response.read()


class RuntimeFailure(Exception):
    """A handler that cannot be found; named as Lambda names it."""

    def __init__(self, name, message):
        super().__init__(message)
        self.name = "Runtime." + name


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        client_context = headers["Lambda-Runtime-Client-Context"]
        self.client_context = json.loads(client_context) if client_context else None
        # The deadline is an instant of the scenario's clock; this process has only the machine's.
        left = int(headers["Lambda-Runtime-Deadline-Ms"]) - int(headers["Meshrig-Now-Ms"])
        self._deadline = time.monotonic() * 1000 + left

    def get_remaining_time_in_millis(self):
        return max(0, int(self._deadline - time.monotonic() * 1000))


def load_handler():
    name = os.environ["_HANDLER"]
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise RuntimeFailure("MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)")
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise RuntimeFailure("ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise RuntimeFailure("UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}") from error
    handler = getattr(module, function_name, None)
    if handler is None:
        raise RuntimeFailure("HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'")
    return handler


def post_error(path, error, request_id):
    name = error.name if isinstance(error, RuntimeFailure) else type(error).__name__
    is_own = isinstance(error, RuntimeFailure)
    stack = [] if is_own else traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
    print(f"[ERROR] {name}: {error}")
    end_log(request_id)
    body = {"errorMessage": str(error), "errorType": name, "requestId": request_id, "stackTrace": stack}
    call("POST", path, json.dumps(body), {"Lambda-Runtime-Function-Error-Type": name})


def end_log(request_id):
    """Log and result travel apart; this line tells the mock that no more of the run's log will come."""
    sys.stdout.write(f"\0END {request_id}\n")
    sys.stdout.flush()


def serve(handler):
    while True:
        headers, body = call("GET", "/invocation/next")
        request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"]
        try:
            result = json.dumps(handler(json.loads(body), Context(headers)))
        except Exception as error:  # pylint: disable=broad-except
            post_error(f"/invocation/{request_id}/error", error, request_id)
            continue
        end_log(request_id)
        call("POST", f"/invocation/{request_id}/response", result)


try:
    loaded = load_handler()
except Exception as failure:  # pylint: disable=broad-except
    post_error("/init/error", failure, "")
    sys.exit(1)
serve(loaded)
