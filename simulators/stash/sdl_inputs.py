"""The part of Stash's GraphQL schema that is simulated: the inputs of mutations.

Field order of the update inputs is that of Stash's Go structs, because hooks get them as JSON.
"""

_SCENE_FIELDS = """
  title: String
  code: String
  details: String
  director: String
  url: String @deprecated(reason: "Use urls")
  urls: [String!]
  date: String
  rating100: Int
  organized: Boolean
  studio_id: ID
  gallery_ids: [ID!]
  performer_ids: [ID!]
  groups: [SceneGroupInput!]
  movies: [SceneMovieInput!] @deprecated(reason: "Use groups")
  tag_ids: [ID!]
  cover_image: String
  stash_ids: [StashIDInput!]
"""

_PERFORMER_DATA = """
  disambiguation: String
  url: String @deprecated(reason: "Use urls")
  twitter: String @deprecated(reason: "Use urls")
  instagram: String @deprecated(reason: "Use urls")
  gender: GenderEnum
  birthdate: String
  ethnicity: String
  country: String
  eye_color: String
  height_cm: Int
  measurements: String
  fake_tits: String
  penis_length: Float
  circumcised: CircumisedEnum
  career_length: String
  tattoos: String
  piercings: String
  favorite: Boolean
  rating100: Int
  details: String
  death_date: String
  hair_color: String
  weight: Int
  ignore_auto_tag: Boolean
"""

_PERFORMER_LISTS = """
  urls: [String!]
  alias_list: [String!]
  tag_ids: [ID!]
  image: String
  stash_ids: [StashIDInput!]
"""

_STUDIO_FIELDS = """
  url: String @deprecated(reason: "Use urls")
  urls: [String!]
  parent_id: ID
  image: String
  stash_ids: [StashIDInput!]
  rating100: Int
  favorite: Boolean
  details: String
  aliases: [String!]
  tag_ids: [ID!]
  ignore_auto_tag: Boolean
"""

_TAG_FIELDS = """
  sort_name: String
  description: String
  aliases: [String!]
  ignore_auto_tag: Boolean
  favorite: Boolean
  image: String
  stash_ids: [StashIDInput!]
  parent_ids: [ID!]
  child_ids: [ID!]
"""

_GROUP_FIELDS = """
  aliases: String
  duration: Int
  date: String
  rating100: Int
  studio_id: ID
  director: String
  synopsis: String
  urls: [String!]
  tag_ids: [ID!]
  containing_groups: [GroupDescriptionInput!]
  front_image: String
  back_image: String
"""

CHANGE_INPUTS = f"""
input StashIDInput {{ endpoint: String! stash_id: String! updated_at: Time }}
input SceneGroupInput {{ group_id: ID! scene_index: Int }}
input SceneMovieInput {{ movie_id: ID! scene_index: Int }}
input GroupDescriptionInput {{ group_id: ID! description: String }}
input BulkUpdateIds {{ ids: [ID!] mode: BulkUpdateIdMode! }}
input BulkUpdateStrings {{ values: [String!] mode: BulkUpdateIdMode! }}
input CustomFieldsInput {{ full: Map partial: Map remove: [String!] }}

input SceneCreateInput {{ {_SCENE_FIELDS} file_ids: [ID!] }}
input SceneUpdateInput {{
  clientMutationId: String
  id: ID!
  {_SCENE_FIELDS}
  o_counter: Int @deprecated(reason: "Unsupported")
  resume_time: Float
  play_duration: Float
  play_count: Int @deprecated(reason: "Unsupported")
  primary_file_id: ID
}}
input BulkSceneUpdateInput {{
  clientMutationId: String
  ids: [ID!]
  title: String
  code: String
  details: String
  director: String
  url: String @deprecated(reason: "Use urls")
  urls: BulkUpdateStrings
  date: String
  rating100: Int
  organized: Boolean
  studio_id: ID
  gallery_ids: BulkUpdateIds
  performer_ids: BulkUpdateIds
  tag_ids: BulkUpdateIds
  group_ids: BulkUpdateIds
  movie_ids: BulkUpdateIds @deprecated(reason: "Use group_ids")
}}
input SceneDestroyInput {{ id: ID! delete_file: Boolean delete_generated: Boolean }}
input ScenesDestroyInput {{ ids: [ID!]! delete_file: Boolean delete_generated: Boolean }}
input AssignSceneFileInput {{ scene_id: ID! file_id: ID! }}
input MoveFilesInput {{
  ids: [ID!]! destination_folder: String destination_folder_id: ID destination_basename: String
}}
input SceneMergeInput {{
  source: [ID!]!
  destination: ID!
  values: SceneUpdateInput
  play_history: Boolean
  o_history: Boolean
}}
input SceneMarkerCreateInput {{
  title: String! seconds: Float! end_seconds: Float scene_id: ID! primary_tag_id: ID! tag_ids: [ID!]
}}
input SceneMarkerUpdateInput {{
  id: ID! title: String seconds: Float end_seconds: Float scene_id: ID primary_tag_id: ID
  tag_ids: [ID!]
}}

input PerformerCreateInput {{
  name: String! {_PERFORMER_DATA} {_PERFORMER_LISTS} custom_fields: Map
}}
input PerformerUpdateInput {{
  id: ID! name: String {_PERFORMER_DATA} {_PERFORMER_LISTS} custom_fields: CustomFieldsInput
}}
input BulkPerformerUpdateInput {{
  clientMutationId: String
  ids: [ID!]
  {_PERFORMER_DATA}
  urls: BulkUpdateStrings
  alias_list: BulkUpdateStrings
  tag_ids: BulkUpdateIds
  custom_fields: CustomFieldsInput
}}
input PerformerDestroyInput {{ id: ID! }}
input PerformerMergeInput {{ source: [ID!]! destination: ID! values: PerformerUpdateInput }}

input StudioCreateInput {{ name: String! {_STUDIO_FIELDS} }}
input StudioUpdateInput {{ id: ID! name: String {_STUDIO_FIELDS} }}
input BulkStudioUpdateInput {{
  ids: [ID!]!
  url: String @deprecated(reason: "Use urls")
  urls: BulkUpdateStrings
  parent_id: ID
  rating100: Int
  favorite: Boolean
  details: String
  tag_ids: BulkUpdateIds
  ignore_auto_tag: Boolean
}}
input StudioDestroyInput {{ id: ID! }}

input TagCreateInput {{ name: String! {_TAG_FIELDS} }}
input TagUpdateInput {{ id: ID! name: String {_TAG_FIELDS} }}
input BulkTagUpdateInput {{
  ids: [ID!]
  description: String
  aliases: BulkUpdateStrings
  ignore_auto_tag: Boolean
  favorite: Boolean
  parent_ids: BulkUpdateIds
  child_ids: BulkUpdateIds
}}
input TagDestroyInput {{ id: ID! }}
input TagsMergeInput {{ source: [ID!]! destination: ID! }}

input GroupCreateInput {{ name: String! {_GROUP_FIELDS} }}
input GroupUpdateInput {{ id: ID! name: String {_GROUP_FIELDS} }}
input MovieUpdateInput {{
  id: ID! name: String aliases: String duration: Int date: String rating100: Int studio_id: ID
  director: String synopsis: String url: String @deprecated(reason: "Use urls") urls: [String!]
  tag_ids: [ID!] front_image: String back_image: String
}}
input BulkGroupUpdateInput {{
  clientMutationId: String
  ids: [ID!]
  rating100: Int
  studio_id: ID
  director: String
  urls: BulkUpdateStrings
  tag_ids: BulkUpdateIds
}}
input GroupDestroyInput {{ id: ID! }}

input PluginArgInput {{ key: String! value: PluginValueInput }}
input PluginValueInput {{
  str: String i: Int b: Boolean f: Float o: [PluginArgInput!] a: [PluginValueInput!]
}}
input FindJobInput {{ id: ID! }}
"""
