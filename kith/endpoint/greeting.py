"""What is said before there is a session: whether this is the server of the enrolment, and who the endpoint is."""

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId
from kith.core.keys import KeyPair, sign_in_statement
from kith.core.problem import Code, Problem
from kith.endpoint.dialling import Incompatible, Refused, ServerChanged
from kith.endpoint.frames import Frames, Lost
from signaling import protocol
from signaling.protocol import VERSION, Welcome

_TRANSIENT = frozenset(
    {Code.STALE_NONCE, Code.RATE_LIMITED, Code.STORAGE_UNAVAILABLE, Code.SHUTTING_DOWN, Code.INTERNAL}
)


async def sign_in(
    frames: Frames,
    *,
    request: str,
    origin: str,
    endpoint: EndpointId,
    keys: KeyPair,
    server_key: bytes,
    capabilities: Capabilities | None,
    resume: protocol.Resume | None,
) -> Welcome:
    """Sign the server's nonce. Raises Problem for what may pass, Lost, and for what will not pass ServerChanged,
    Incompatible or Refused."""
    hello = await frames.receive()
    if not isinstance(hello, protocol.Hello):
        raise Lost("the server did not say hello")
    if hello.version != VERSION:
        raise Incompatible(f"the server speaks version {hello.version} of the protocol, not {VERSION}")
    if hello.server != server_key:
        raise ServerChanged("the server's identity key is not the one of the enrolment")
    statement = sign_in_statement(hello.server, origin, hello.nonce, endpoint)
    command = protocol.SignIn(
        id=request,
        endpoint=endpoint,
        nonce=hello.nonce,
        signature=keys.sign(statement),
        capabilities=capabilities,
        resume=resume,
    )
    await frames.say(command)
    match await frames.receive():
        case Welcome() as welcome:
            return welcome
        case protocol.ProblemReply() as reply:
            problem = Problem(reply.code, path=reply.path, data=reply.data)
            if reply.code not in _TRANSIENT:
                raise Refused(problem)
            raise problem
        case _:
            raise Lost("the server answered the sign-in with something else")
