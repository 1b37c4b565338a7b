"""The part of Stash's GraphQL schema that is simulated: object types and scalars.

Names and nullability as in graphql/schema/types/ of Stash v0.30.
"""

OBJECT_TYPES = """
scalar Time
scalar Timestamp
scalar Map
scalar BoolMap
scalar PluginConfigMap
scalar Any
scalar Int64

enum CircumisedEnum { CUT UNCUT }
enum GenderEnum { MALE FEMALE TRANSGENDER_MALE TRANSGENDER_FEMALE INTERSEX NON_BINARY }
enum SortDirectionEnum { ASC DESC }
enum BulkUpdateIdMode { SET ADD REMOVE }
enum CriterionModifier {
  EQUALS NOT_EQUALS GREATER_THAN LESS_THAN IS_NULL NOT_NULL INCLUDES_ALL INCLUDES EXCLUDES
  MATCHES_REGEX NOT_MATCHES_REGEX BETWEEN NOT_BETWEEN
}
enum JobStatus { READY RUNNING FINISHED STOPPING CANCELLED FAILED }
enum LogLevel { Trace Debug Info Progress Warning Error }
enum PluginSettingTypeEnum { STRING NUMBER BOOLEAN }
enum SystemStatusEnum { SETUP NEEDS_MIGRATION OK }

type StashID { endpoint: String! stash_id: String! updated_at: Time! }
type Fingerprint { type: String! value: String! }
type VideoCaption { language_code: String! caption_type: String! }

type VideoFile {
  id: ID!
  path: String!
  basename: String!
  mod_time: Time!
  size: Int64!
  fingerprint(type: String!): String
  fingerprints: [Fingerprint!]!
  format: String!
  width: Int!
  height: Int!
  duration: Float!
  video_codec: String!
  audio_codec: String!
  frame_rate: Float!
  bit_rate: Int!
  created_at: Time!
  updated_at: Time!
}

type ScenePathsType {
  screenshot: String
  preview: String
  stream: String
  webp: String
  vtt: String
  sprite: String
  funscript: String
  interactive_heatmap: String
  caption: String
}

type SceneGroup { group: Group! scene_index: Int }
type Gallery { id: ID! title: String urls: [String!]! }

type SceneMarker {
  id: ID!
  scene: Scene!
  title: String!
  seconds: Float!
  end_seconds: Float
  primary_tag: Tag!
  tags: [Tag!]!
  created_at: Time!
  updated_at: Time!
}

type Scene {
  id: ID!
  title: String
  code: String
  details: String
  director: String
  url: String @deprecated(reason: "Use urls")
  urls: [String!]!
  date: String
  rating100: Int
  organized: Boolean!
  o_counter: Int
  interactive: Boolean!
  captions: [VideoCaption!]
  created_at: Time!
  updated_at: Time!
  last_played_at: Time
  resume_time: Float
  play_duration: Float
  play_count: Int
  play_history: [Time!]!
  o_history: [Time!]!
  files: [VideoFile!]!
  paths: ScenePathsType!
  scene_markers: [SceneMarker!]!
  galleries: [Gallery!]!
  studio: Studio
  groups: [SceneGroup!]!
  tags: [Tag!]!
  performers: [Performer!]!
  stash_ids: [StashID!]!
}

type Performer {
  id: ID!
  name: String!
  disambiguation: String
  url: String @deprecated(reason: "Use urls")
  urls: [String!]
  gender: GenderEnum
  birthdate: String
  death_date: String
  ethnicity: String
  country: String
  eye_color: String
  hair_color: String
  height_cm: Int
  weight: Int
  measurements: String
  fake_tits: String
  penis_length: Float
  circumcised: CircumisedEnum
  career_length: String
  tattoos: String
  piercings: String
  alias_list: [String!]!
  favorite: Boolean!
  tags: [Tag!]!
  ignore_auto_tag: Boolean!
  image_path: String
  scene_count: Int!
  scenes: [Scene!]!
  stash_ids: [StashID!]!
  rating100: Int
  details: String
  created_at: Time!
  updated_at: Time!
  custom_fields: Map!
}

type Studio {
  id: ID!
  name: String!
  url: String @deprecated(reason: "Use urls")
  urls: [String!]!
  parent_studio: Studio
  child_studios: [Studio!]!
  aliases: [String!]!
  tags: [Tag!]!
  ignore_auto_tag: Boolean!
  image_path: String
  scene_count(depth: Int): Int!
  stash_ids: [StashID!]!
  rating100: Int
  favorite: Boolean!
  details: String
  created_at: Time!
  updated_at: Time!
}

type Tag {
  id: ID!
  name: String!
  sort_name: String
  description: String
  aliases: [String!]!
  ignore_auto_tag: Boolean!
  created_at: Time!
  updated_at: Time!
  favorite: Boolean!
  stash_ids: [StashID!]!
  image_path: String
  scene_count(depth: Int): Int!
  parents: [Tag!]!
  children: [Tag!]!
}

type GroupDescription { group: Group! description: String }

type Group {
  id: ID!
  name: String!
  aliases: String
  duration: Int
  date: String
  rating100: Int
  studio: Studio
  director: String
  synopsis: String
  urls: [String!]!
  tags: [Tag!]!
  created_at: Time!
  updated_at: Time!
  containing_groups: [GroupDescription!]!
  sub_groups: [GroupDescription!]!
  front_image_path: String
  back_image_path: String
  scene_count(depth: Int): Int!
  scenes: [Scene!]!
}

type FindScenesResultType {
  count: Int!
  duration: Float!
  filesize: Float!
  scenes: [Scene!]!
}
type FindPerformersResultType { count: Int! performers: [Performer!]! }
type FindStudiosResultType { count: Int! studios: [Studio!]! }
type FindTagsResultType { count: Int! tags: [Tag!]! }
type FindGroupsResultType { count: Int! groups: [Group!]! }
type HistoryMutationResult { count: Int! history: [Time!]! }

type Version { version: String hash: String! build_time: String! }

type SystemStatus {
  databaseSchema: Int
  databasePath: String
  configPath: String
  appSchema: Int!
  status: SystemStatusEnum!
  os: String!
  workingDir: String!
  homeDir: String!
}

type StatsResultType {
  scene_count: Int!
  scenes_size: Float!
  scenes_duration: Float!
  performer_count: Int!
  studio_count: Int!
  group_count: Int!
  tag_count: Int!
}

type StashConfig { path: String! excludeVideo: Boolean! excludeImage: Boolean! }

type ConfigGeneralResult {
  stashes: [StashConfig!]!
  configFilePath: String!
  pluginsPath: String!
  parallelTasks: Int!
  apiKey: String!
  username: String!
  password: String!
  maxSessionAge: Int!
  logLevel: String!
  pythonPath: String!
}

type ConfigResult {
  general: ConfigGeneralResult!
  plugins(include: [ID!]): PluginConfigMap!
}

type Plugin {
  id: ID!
  name: String!
  description: String
  url: String
  version: String
  enabled: Boolean!
  tasks: [PluginTask!]
  hooks: [PluginHook!]
  settings: [PluginSetting!]
  requires: [ID!]
  paths: PluginPaths!
}
type PluginPaths { javascript: [String!] css: [String!] }
type PluginTask { name: String! description: String plugin: Plugin! }
type PluginHook { name: String! description: String hooks: [String!] plugin: Plugin! }
type PluginSetting {
  name: String!
  display_name: String
  description: String
  type: PluginSettingTypeEnum!
}

type LogEntry { time: Time! level: LogLevel! message: String! }

type Job {
  id: ID!
  status: JobStatus!
  subTasks: [String!]
  description: String!
  progress: Float
  startTime: Time
  endTime: Time
  addTime: Time!
  error: String
}
"""
