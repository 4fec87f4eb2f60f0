use std::{
    fs::{File, OpenOptions},
    io::{BufReader, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use bytes::Bytes;
use fabric_protos::common::Block;
use prost::Message;

use super::{
    LedgerError, TornTail, block,
    cache::RecentBlocks,
    frame::{self, FrameHeader, HEADER},
};

/// The append-only file of blocks and, in memory, where each begins.
#[derive(Debug)]
pub(super) struct BlockLog {
    path: PathBuf,
    file: File,
    places: RwLock<Vec<Place>>,
    recent: Mutex<RecentBlocks>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    offset: u64,
    length: u32,
}

impl Place {
    fn end(self) -> u64 {
        self.offset + HEADER as u64 + u64::from(self.length)
    }
}

impl BlockLog {
    /// Opens or creates the file, verifies every frame and the hash chain, and cuts a torn tail.
    pub(super) fn open(path: &Path) -> Result<(Self, Option<TornTail>), LedgerError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(LedgerError::io("opening", path))?;
        let (places, torn) = Scan::new(path, &file)?.run()?;
        if let Some(torn) = &torn {
            file.set_len(torn.offset)
                .map_err(LedgerError::io("cutting the torn tail of", path))?;
        }
        file.sync_all().map_err(LedgerError::io("forcing to disk", path))?;
        let log = Self {
            path: path.to_owned(),
            file,
            places: RwLock::new(places),
            recent: Mutex::default(),
        };
        Ok((log, torn))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn height(&self) -> u64 {
        self.places.read().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    /// Writes a block behind the last one. It counts only after [`BlockLog::sync`].
    pub(super) fn append(&self, encoded: &[u8]) -> Result<(), LedgerError> {
        let offset = self.end();
        let frame = frame::encode(encoded)
            .ok_or_else(|| LedgerError::bad_block(self.height(), "it is larger than 4 GiB".to_owned()))?;
        self.file
            .write_all_at(&frame, offset)
            .map_err(LedgerError::io("appending to", &self.path))
    }

    pub(super) fn sync(&self) -> Result<(), LedgerError> {
        self.file
            .sync_data()
            .map_err(LedgerError::io("forcing to disk", &self.path))
    }

    /// Makes the appended and synced block readable.
    pub(super) fn publish(&self, block: Arc<Block>, length: usize) {
        let place = Place {
            offset: self.end(),
            length: u32::try_from(length).unwrap_or(u32::MAX),
        };
        self.places.write().unwrap_or_else(PoisonError::into_inner).push(place);
        self.recent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(block, length);
    }

    fn end(&self) -> u64 {
        self.places
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .last()
            .map_or(0, |place| place.end())
    }

    /// Reads a block; `None` beyond the last one.
    pub(super) fn read(&self, number: u64) -> Result<Option<Arc<Block>>, LedgerError> {
        if let Some(block) = self.recent.lock().unwrap_or_else(PoisonError::into_inner).get(number) {
            return Ok(Some(block));
        }
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = usize::try_from(number)
            .ok()
            .and_then(|number| places.get(number))
            .copied()
        else {
            return Ok(None);
        };
        drop(places);
        self.read_at(place).map(Arc::new).map(Some)
    }

    fn read_at(&self, place: Place) -> Result<Block, LedgerError> {
        let damaged = |reason: &str| LedgerError::Damaged {
            path: self.path.clone(),
            offset: place.offset,
            reason: reason.to_owned(),
        };
        let mut header = [0; HEADER];
        self.file
            .read_exact_at(&mut header, place.offset)
            .map_err(LedgerError::io("reading", &self.path))?;
        let header = FrameHeader::parse(header)
            .filter(|header| header.length == place.length)
            .ok_or_else(|| damaged("the frame's header changed under the running process"))?;
        let mut bytes = vec![0; place.length as usize];
        let offset = place.offset + HEADER as u64;
        self.file
            .read_exact_at(&mut bytes, offset)
            .map_err(LedgerError::io("reading", &self.path))?;
        if !header.holds(&bytes) {
            return Err(damaged("the block changed under the running process"));
        }
        Block::decode(Bytes::from(bytes)).map_err(|error| damaged(&error.to_string()))
    }
}

/// The verification of a whole log on open.
struct Scan<'a> {
    path: &'a Path,
    reader: BufReader<&'a File>,
    length: u64,
    offset: u64,
    previous_hash: Bytes,
    places: Vec<Place>,
}

impl<'a> Scan<'a> {
    fn new(path: &'a Path, file: &'a File) -> Result<Self, LedgerError> {
        let length = file.metadata().map_err(LedgerError::io("reading", path))?.len();
        let reader = BufReader::new(file);
        Ok(Self {
            path,
            reader,
            length,
            offset: 0,
            previous_hash: Bytes::new(),
            places: Vec::new(),
        })
    }

    fn run(mut self) -> Result<(Vec<Place>, Option<TornTail>), LedgerError> {
        while self.offset < self.length {
            let Some(place) = self.next_frame()? else {
                let torn = TornTail {
                    offset: self.offset,
                    bytes: self.length - self.offset,
                };
                return Ok((self.places, Some(torn)));
            };
            self.offset = place.end();
            self.places.push(place);
        }
        Ok((self.places, None))
    }

    /// The next frame's place, or `None` where the file ends within it.
    fn next_frame(&mut self) -> Result<Option<Place>, LedgerError> {
        let remaining = self.length - self.offset;
        if remaining < HEADER as u64 {
            return Ok(None);
        }
        let mut header = [0; HEADER];
        self.read(&mut header)?;
        let Some(header) = FrameHeader::parse(header) else {
            let zeros = header == [0; HEADER] && self.only_zeros_follow()?;
            return if zeros {
                Ok(None)
            } else {
                Err(self.damaged("the frame's header does not match its checksum"))
            };
        };
        if u64::from(header.length) > remaining - HEADER as u64 {
            return Ok(None);
        }
        let mut bytes = vec![0; header.length as usize];
        self.read(&mut bytes)?;
        if !header.holds(&bytes) {
            return Err(self.damaged("the block does not match its checksum"));
        }
        self.check_chain(&Block::decode(Bytes::from(bytes)).map_err(|error| self.damaged(&error.to_string()))?)?;
        Ok(Some(Place {
            offset: self.offset,
            length: header.length,
        }))
    }

    fn check_chain(&mut self, read: &Block) -> Result<(), LedgerError> {
        let (Some(header), Some(data)) = (&read.header, &read.data) else {
            return Err(self.damaged("the block has no header or no data"));
        };
        if header.number != self.places.len() as u64 {
            return Err(self.damaged(&format!(
                "block {} stands in the place of {}",
                header.number,
                self.places.len()
            )));
        }
        if header.previous_hash != self.previous_hash {
            return Err(self.damaged("the block does not follow its predecessor's hash"));
        }
        if header.data_hash != block::data_hash(data) {
            return Err(self.damaged("the transactions do not match the header's hash"));
        }
        self.previous_hash = block::header_hash(header);
        Ok(())
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<(), LedgerError> {
        self.reader
            .read_exact(bytes)
            .map_err(LedgerError::io("reading", self.path))
    }

    /// After a power loss a file may have grown without its content: zeros are no frame, and never were one.
    fn only_zeros_follow(&mut self) -> Result<bool, LedgerError> {
        let mut chunk = [0; 4096];
        loop {
            let read = self
                .reader
                .read(&mut chunk)
                .map_err(LedgerError::io("reading", self.path))?;
            if read == 0 {
                return Ok(true);
            }
            if chunk.iter().take(read).any(|byte| *byte != 0) {
                return Ok(false);
            }
        }
    }

    fn damaged(&self, reason: &str) -> LedgerError {
        LedgerError::Damaged {
            path: self.path.to_owned(),
            offset: self.offset,
            reason: reason.to_owned(),
        }
    }
}
