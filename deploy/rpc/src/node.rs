//! A connection to a node's JSON-RPC over a WebSocket. It knows how to ask, wait and connect anew; it knows no method's meaning.

use crate::fault::NodeFault;
use serde_json::{json, Value};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    net::TcpStream,
    thread,
    time::Duration,
};
use tungstenite::{protocol::WebSocketConfig, stream::MaybeTlsStream, Message, WebSocket};

/// How often a lost connection is made anew before a question is given up.
const ATTEMPTS: u32 = 6;
/// The pause before the second attempt; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// A node that says nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(60);
/// The longest answer: a block full of codes, and a runtime's metadata, are a few MiB.
const LONGEST_ANSWER: usize = 256 * 1_024 * 1_024;

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

/// A method and its parameters.
pub(crate) type Question = (&'static str, Value);

/// What came of sending something that must not be sent twice unawares.
pub(crate) enum Sent {
    Accepted,
    /// The node refused it, and no earlier attempt can have arrived.
    Refused {
        code: i64,
        message: String,
    },
    /// The connection was lost meanwhile: it may have arrived, whatever the node said later.
    Perhaps,
}

/// A node at one address.
pub(crate) struct Node {
    endpoint: String,
    socket: RefCell<Option<Socket>>,
    last_id: Cell<u64>,
}

impl Node {
    /// # Errors
    /// `Unreachable`.
    pub(crate) fn connect(endpoint: &str) -> Result<Self, NodeFault> {
        let node = Self { endpoint: endpoint.to_owned(), socket: RefCell::new(None), last_id: Cell::new(0) };
        let socket = node.open()?;
        node.socket.replace(Some(socket));
        Ok(node)
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Asks until the node answers: only for what changes nothing.
    /// # Errors
    /// `Unreachable` after some attempts; `Refused` if the node answers with an error.
    pub(crate) fn ask(&self, method: &'static str, params: Value) -> Result<Value, NodeFault> {
        self.ask_all(vec![(method, params)])?.pop().ok_or_else(|| self.nonsense(method, "no answer"))
    }

    /// Asks all at once, and gives the answers in the questions' order.
    /// # Errors
    /// As `ask`: the first that is refused fails all.
    pub(crate) fn ask_all(&self, questions: Vec<Question>) -> Result<Vec<Value>, NodeFault> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            match self.exchange(&questions) {
                Err(NodeFault::Unreachable { .. }) if attempt < ATTEMPTS => {
                    thread::sleep(pause);
                    pause = pause.saturating_mul(2);
                }
                other => return other,
            }
        }
        Ok(Vec::new())
    }

    /// Sends the same bytes until the node has answered, and says whether they may have arrived.
    /// # Errors
    /// `Unreachable` if the node was never reached.
    pub(crate) fn send(&self, method: &'static str, params: Value) -> Result<Sent, NodeFault> {
        let question = vec![(method, params)];
        let mut lost = false;
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            match self.exchange(&question) {
                Ok(_) => return Ok(Sent::Accepted),
                Err(NodeFault::Refused { code, message, .. }) if !lost => {
                    return Ok(Sent::Refused { code, message })
                }
                Err(NodeFault::Unreachable { .. }) if attempt < ATTEMPTS => {
                    lost = true;
                    thread::sleep(pause);
                    pause = pause.saturating_mul(2);
                }
                Err(_) => break,
            }
        }
        Ok(Sent::Perhaps)
    }

    pub(crate) fn nonsense(&self, method: &str, why: impl Into<String>) -> NodeFault {
        NodeFault::Nonsense { endpoint: self.endpoint.clone(), method: method.to_owned(), why: why.into() }
    }

    /// One try. Whatever fails closes the connection, so that a late answer can't be taken for a later question's.
    fn exchange(&self, questions: &[Question]) -> Result<Vec<Value>, NodeFault> {
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => self.open()?,
        };
        let answers = self.exchange_over(&mut socket, questions)?;
        self.socket.replace(Some(socket));
        answers.into_iter().collect()
    }

    fn exchange_over(
        &self,
        socket: &mut Socket,
        questions: &[Question],
    ) -> Result<Vec<Result<Value, NodeFault>>, NodeFault> {
        let mut ids = Vec::with_capacity(questions.len());
        for (method, params) in questions {
            let id = self.last_id.get().wrapping_add(1);
            self.last_id.set(id);
            ids.push(id);
            let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
            socket.write(Message::text(request.to_string())).map_err(|fault| self.unreachable(&fault))?;
        }
        socket.flush().map_err(|fault| self.unreachable(&fault))?;
        let mut answers = HashMap::with_capacity(ids.len());
        while answers.len() < ids.len() {
            let Message::Text(text) = socket.read().map_err(|fault| self.unreachable(&fault))? else {
                continue;
            };
            let mut answer: Value =
                serde_json::from_str(&text).map_err(|why| self.nonsense("an answer", why.to_string()))?;
            // What has no id is a subscription's, of which there are none, or the node's word that it could not read a question.
            let Some(id) = answer.get("id").and_then(Value::as_u64).filter(|id| ids.contains(id)) else {
                continue;
            };
            answers.insert(id, answer_of(&mut answer));
        }
        Ok(ids
            .iter()
            .zip(questions)
            .map(|(id, (method, _))| match answers.remove(id) {
                Some(Ok(value)) => Ok(value),
                Some(Err((code, message))) => {
                    Err(NodeFault::Refused { method: (*method).to_owned(), code, message })
                }
                None => Err(self.nonsense(method, "no answer")),
            })
            .collect())
    }

    fn open(&self) -> Result<Socket, NodeFault> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(LONGEST_ANSWER))
            .max_frame_size(Some(LONGEST_ANSWER));
        let (socket, _) = tungstenite::client::connect_with_config(&self.endpoint, Some(config), 0)
            .map_err(|fault| self.unreachable(&fault))?;
        let stream = match socket.get_ref() {
            MaybeTlsStream::Plain(stream) => stream,
            MaybeTlsStream::Rustls(stream) => stream.get_ref(),
            _ => return Err(self.unreachable(&"a connection of an unknown kind")),
        };
        stream.set_read_timeout(Some(SILENCE)).map_err(|fault| self.unreachable(&fault))?;
        Ok(socket)
    }

    fn unreachable(&self, why: &dyn std::fmt::Display) -> NodeFault {
        NodeFault::Unreachable { endpoint: self.endpoint.clone(), why: why.to_string() }
    }
}

/// The result of an answer, or its error's code and words.
fn answer_of(answer: &mut Value) -> Result<Value, (i64, String)> {
    let Some(error) = answer.get("error").filter(|error| !error.is_null()) else {
        return Ok(answer.get_mut("result").map(Value::take).unwrap_or_default());
    };
    let word = |field: &str| {
        error.get(field).map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned))
    };
    let message = [word("message"), word("data")].into_iter().flatten().collect::<Vec<_>>().join(": ");
    Err((error.get("code").and_then(Value::as_i64).unwrap_or_default(), message))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::{net::TcpListener, thread::JoinHandle};

    /// What a pretended node does with one question.
    pub(crate) enum Reply {
        Answer(Value),
        Error(i64, &'static str),
        /// Closes the connection without a word.
        HangUp,
    }

    /// A node that gets one question a connection until it answers, and tells in the end what it was asked.
    pub(crate) fn pretend(replies: Vec<Reply>) -> (String, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("ws://{}", listener.local_addr().unwrap());
        let node = thread::spawn(move || {
            let mut asked = Vec::new();
            let mut socket = None;
            for reply in replies {
                let mut open = socket
                    .take()
                    .unwrap_or_else(|| tungstenite::accept(listener.accept().unwrap().0).unwrap());
                let question: Value = serde_json::from_str(open.read().unwrap().to_text().unwrap()).unwrap();
                asked.push(question["params"].to_string());
                let id = &question["id"];
                let answer = match reply {
                    Reply::Answer(result) => json!({ "id": id, "result": result }),
                    Reply::Error(code, message) => {
                        json!({ "id": id, "error": { "code": code, "message": message } })
                    }
                    Reply::HangUp => continue,
                };
                open.send(Message::text(answer.to_string())).unwrap();
                socket = Some(open);
            }
            asked
        });
        (endpoint, node)
    }

    #[test]
    fn a_question_is_asked_again_after_a_lost_connection() {
        let (endpoint, asked) = pretend(vec![Reply::HangUp, Reply::Answer(json!(7))]);
        let node = Node::connect(&endpoint).unwrap();
        assert_eq!(node.ask("height", json!(["a"])), Ok(json!(7)));
        assert_eq!(asked.join().unwrap(), [r#"["a"]"#, r#"["a"]"#]);
    }

    #[test]
    fn an_error_is_the_answer_and_is_not_asked_again() {
        let (endpoint, asked) =
            pretend(vec![Reply::Error(-32_000, "no such block"), Reply::Answer(json!(1))]);
        let node = Node::connect(&endpoint).unwrap();
        let refused =
            NodeFault::Refused { method: "block".into(), code: -32_000, message: "no such block".into() };
        assert_eq!(node.ask("block", json!([9])), Err(refused));
        assert_eq!(node.ask("block", json!([1])), Ok(json!(1)));
        assert_eq!(asked.join().unwrap(), ["[9]", "[1]"]);
    }

    #[test]
    fn the_same_bytes_are_sent_again_and_a_late_refusal_proves_nothing() {
        let replies = vec![Reply::HangUp, Reply::Error(1_013, "already imported")];
        let (endpoint, asked) = pretend(replies);
        let node = Node::connect(&endpoint).unwrap();
        assert!(matches!(node.send("submit", json!(["0xaa"])), Ok(Sent::Perhaps)));
        assert_eq!(asked.join().unwrap(), [r#"["0xaa"]"#, r#"["0xaa"]"#]);
    }

    #[test]
    fn a_refusal_at_once_is_final() {
        let (endpoint, _) = pretend(vec![Reply::Error(1_010, "bad signature")]);
        let node = Node::connect(&endpoint).unwrap();
        let sent = node.send("submit", json!(["0xaa"]));
        assert!(matches!(sent, Ok(Sent::Refused { code: 1_010, message }) if message == "bad signature"));
    }

    /// A certificate for `localhost` that nobody vouches for, and its key.
    const UNKNOWN: (&str, &str) =
        (include_str!("../tests/unknown-certificate.pem"), include_str!("../tests/unknown-key.pem"));

    #[test]
    fn a_node_that_nobody_vouches_for_is_not_talked_to() {
        use rustls::pki_types::{pem::PemObject, CertificateDer, PrivateKeyDer};
        let certificate = CertificateDer::from_pem_slice(UNKNOWN.0.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(UNKNOWN.1.as_bytes()).unwrap();
        let config = rustls::ServerConfig::builder().with_no_client_auth();
        let config = std::sync::Arc::new(config.with_single_cert(vec![certificate], key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let node = thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            let mut session = rustls::ServerConnection::new(config).unwrap();
            while session.complete_io(&mut stream).is_ok() && session.is_handshaking() {}
            session.is_handshaking()
        });
        let fault = Node::connect(&format!("wss://localhost:{port}")).err();
        let Some(NodeFault::Unreachable { why, .. }) = &fault else { panic!("{fault:?}") };
        assert!(why.contains("UnknownIssuer"), "{why}");
        assert!(node.join().unwrap(), "no word was exchanged");
    }

    #[test]
    fn a_node_that_does_not_encrypt_is_not_talked_to_over_wss() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let node = thread::spawn(move || tungstenite::accept(listener.accept().unwrap().0).is_err());
        let fault = Node::connect(&format!("wss://localhost:{port}")).err();
        assert!(matches!(fault, Some(NodeFault::Unreachable { .. })), "{fault:?}");
        assert!(node.join().unwrap());
    }

    #[test]
    fn a_node_that_is_not_there_is_unreachable() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let fault = Node::connect(&format!("ws://{free}")).err();
        assert!(matches!(fault, Some(NodeFault::Unreachable { .. })), "{fault:?}");
    }
}
