//! What Linux says of a process's TCP sockets.

use std::fs;

/// State of a listening socket in `/proc/<id>/net/tcp`.
const LISTENING: &str = "0A";

/// One line of `/proc/<id>/net/tcp`.
struct Socket {
    port: u16,
    listens: bool,
    /// Bytes that have arrived and nobody has read.
    waiting: u64,
}

/// Ports that the process listens on.
pub(crate) fn listening(id: u32) -> Vec<u16> {
    let sockets = sockets_of(id).into_iter();
    sockets
        .filter(|socket| socket.listens)
        .map(|socket| socket.port)
        .collect()
}

/// Whether bytes have arrived that the process has not read: it is stopped, or busy.
#[must_use]
pub fn has_unread_bytes(id: u32) -> bool {
    sockets_of(id)
        .iter()
        .any(|socket| !socket.listens && socket.waiting > 0)
}

fn sockets_of(id: u32) -> Vec<Socket> {
    let own = own_inodes(id);
    ["tcp", "tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(format!("/proc/{id}/net/{table}")).ok())
        .flat_map(|table| {
            table
                .lines()
                .skip(1)
                .filter_map(|line| parse(line, &own))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn parse(line: &str, own: &[String]) -> Option<Socket> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [_, local, _, state, queues, ..] = fields.as_slice() else {
        return None;
    };
    let inode = fields.get(9)?;
    if !own.iter().any(|one| one == inode) {
        return None;
    }
    let (_, port) = local.rsplit_once(':')?;
    let (_, waiting) = queues.split_once(':')?;
    Some(Socket {
        port: u16::from_str_radix(port, 16).ok()?,
        listens: *state == LISTENING,
        waiting: u64::from_str_radix(waiting, 16).ok()?,
    })
}

fn own_inodes(id: u32) -> Vec<String> {
    let Ok(files) = fs::read_dir(format!("/proc/{id}/fd")) else {
        return Vec::new();
    };
    let links = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
    links
        .filter_map(|link| {
            Some(
                link.to_str()?
                    .strip_prefix("socket:[")?
                    .trim_end_matches(']')
                    .to_owned(),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        net::{TcpListener, TcpStream},
    };

    use super::{has_unread_bytes, listening};

    #[test]
    fn a_listener_and_an_unread_byte_are_seen() {
        let own = std::process::id();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert!(listening(own).contains(&address.port()));
        let mut stream = TcpStream::connect(address).unwrap();
        let _taken = listener.accept().unwrap();
        stream.write_all(b"a").unwrap();
        assert!(has_unread_bytes(own));
    }
}
